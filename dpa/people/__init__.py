"""Who may come in and what they may do: organisations, people, roles, sign-in and sessions.

A processor acts only on documented instructions and keeps access to those who need it (GDPR Art. 28(3)(b), 29 and
32(4)); every act in the product therefore has a known person behind it. The tenant, an organisation, lives here too,
because it is what access is about. docs/access.md holds the written table of roles and permissions.
"""
