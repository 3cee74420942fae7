"""Who is on the other side: controllers and their contacts; and what an organisation sets for itself.

The organisation itself is a table of `dpa.people`, because it is what access is about. Here are the things it decides:
closure days beyond the public holidays, and house targets where contract and law give no number (never shown as
contract). Controllers must be reachable for the notices of GDPR Art. 28 and 33(2).
"""
