"""What can go wrong in a way a person can put right.

Rules and operations raise these; the web edge turns them into a page, the commands into one sentence on
standard error. They know nothing of HTTP. A defect in our own code is an ordinary exception instead.
"""

from __future__ import annotations

from collections.abc import Mapping


class Problem(Exception):
    """Something the person can understand and act on: one plain sentence, and where it was."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        """One sentence: what was wrong and what to do."""
        self.field = field
        """The input it concerns, by the name the form or file uses; none for the whole act."""


class NotFound(Problem):
    """The thing asked for does not exist, or is not this person's to see; the two must look alike."""


class NotAllowed(Problem):
    """The person may see the thing but not do this with it."""


class Conflict(Problem):
    """The act no longer fits the state: it was done already, or something it rests on has changed."""


class Invalid(Problem):
    """Input that cannot be accepted as it is, field by field."""

    def __init__(self, message: str, *, field: str | None = None, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message, field=field)
        self.fields: dict[str, str] = dict(fields or ({field: message} if field else {}))
        """Each wrong input with its own sentence."""


class Misconfigured(Problem):
    """The installation cannot run like this; the sentence names the setting and the cure."""
