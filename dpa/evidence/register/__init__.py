"""The register of issued documents: each has a gap-free number, its record, its files by digest, and is never overwritten.

Legal ground: a processor must be able to show what it told whom and when (Art. 5(2), 28(3)(h), 33(5) GDPR).
"""
