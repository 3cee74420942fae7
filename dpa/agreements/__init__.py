"""What was promised: agreements between organisations and controllers, their terms, templates and versions.

The duty behind it is Article 28(3) GDPR: processing by a processor is governed by a contract, and every clock in
this product must be able to name the clause, the statute or the house policy it rests on.
"""
