"""A transport that gives the answers it was told to, then accepts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dpa.alerts.rules import Answer, Outcome

ACCEPTED = Answer(Outcome.ACCEPTED, 250, "OK queued as 4F00")


class Scripted:
    """Answers in the order given."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, bytes]] = []

    @contextmanager
    def connect(self) -> Iterator[Scripted]:
        yield self

    def send(self, sender: str, recipient: str, data: bytes) -> Answer:
        self.sent.append((recipient, data))
        return self.answers.pop(0) if self.answers else ACCEPTED
