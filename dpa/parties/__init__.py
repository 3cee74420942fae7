"""Who is on the other side: controllers and their contacts; and the days on which an organisation is closed.

The organisation itself is a table of `dpa.people`, because it is what access is about. Controllers must be reachable for
the notices of GDPR Art. 28 and 33(2).
"""
