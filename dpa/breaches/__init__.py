"""Breach notifications to controllers: GDPR Art. 33(2), and the hours each contract adds to it.

One incident touches many agreements; each gets its own clock from its own terms, counted from the same awareness.
"""
