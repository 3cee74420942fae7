"""The docket: every open and closed deadline of every workflow, in one table.

A deadline is opened with the rule that computed it, may be extended, paused, waived or superseded with a reason,
and is met once; its lateness is frozen at the first fulfilment. It keeps two dates: the latest that contract or
statute allows, and the house's own target, on which alerts key (Art. 5(2) and 24 GDPR: to be able to show that
promises were kept, one must know when each of them was due and why).
"""
