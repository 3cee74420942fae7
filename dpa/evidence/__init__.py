"""Evidence: what lets a regulator check what happened without trusting us. For now the trail.

Legal ground: accountability, Art. 5(2) and 24(1) GDPR; a processor's duty to make available all information
needed to show compliance, Art. 28(3)(h) GDPR.
"""
