"""`python -m tests.evidence.verification.table > docs/security/attacks.md` writes the table of attacks anew."""

from __future__ import annotations

import sys

from tests.evidence.verification.attacks import ATTACKS

HEAD = """# Attacks on documents, and what verification says

Every row is a test (`tests/evidence/verification/test_attacks.py`): the forgery is made, examined, and must get this verdict with this
check among those that fail. This page is written by `python -m tests.evidence.verification.table`; a test compares the two.

*On* is what is attacked: **B-B** is a document issued without a time-stamp authority, **B-LTA** one with time-stamp, proofs and archive
time-stamp. **P=2** and **plain signature** are signatures with the real key, but of a form that the product never makes.

No signature sees every byte of its file: some bytes lie outside of what it covers. The last table lists such changes. They alter
nothing that anybody reads, and only the register of issued files notices them. [How a file is judged](verification.md) explains verdicts and checks.
"""


def page() -> str:
    """Return the page."""
    parts = [HEAD]
    for chapter, attacks in ATTACKS.items():
        parts.append(f"\n## {chapter}\n\n| attack | on | verdict | found by | which says |\n|---|---|---|---|---|\n")
        parts += [f"| {a.title} | {a.on} | {a.verdict} | {a.check} | … {a.says} … |\n" for a in attacks]
    count = sum(len(attacks) for attacks in ATTACKS.values())
    parts.append(f"\n{count} rows. Besides, 500 single bits of a B-LTA file are flipped one by one (fixed seed): none is called issued and intact.\n")
    return "".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page())
