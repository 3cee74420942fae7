"""Evidence of breaches: dossiers, the incident register, reports of exercises, and the facts as files. All of it as of an instant.

A controller documents every breach, its effects and the remedial action (Art. 33(5) GDPR); a processor keeps the mirror of that, and must
be able to show what it told whom and when (Art. 5(2), 28(3)(f) and (h)).
"""
