"""What a customer sees through the link of a notice: read, confirm, ask, download. No account, nothing of anybody else.

GDPR Art. 33(2) obliges the processor to notify; that the notice was read and confirmed is recorded here when it happens, and never
assumed. Opening the link alone records nothing, because mail scanners open links, too.
"""
