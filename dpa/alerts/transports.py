"""Where mail goes: to a mail server, or into the file mailbox that stands in for one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from dpa.alerts.rules import Answer, Outcome
from dpa.config import Settings

FILE_MODE = 0o600


class Carrier(Protocol):
    """Takes mails, one after the other, over one connection."""

    def send(self, sender: str, recipient: str, data: bytes) -> Answer:
        """Hand one mail over and return what came of it; never raises for what the server or the network did."""
        ...


class Transport(Protocol):
    """A way for mail to leave."""

    def connect(self) -> AbstractContextManager[Carrier]:
        """Return a carrier for a batch of mails; it connects when the first one is sent."""
        ...


def transport_for(settings: Settings) -> Transport:
    """Return the way mail leaves this installation: the server of DPA_SMTP_URL, or else the file mailbox."""
    if not settings.smtp_url:
        return FileTransport(settings.mailbox)
    from dpa.alerts.smtp import SmtpTransport

    return SmtpTransport.from_settings(settings)


class FileTransport:
    """Keeps each mail as a file that mail programs can open. A repeated mail replaces its earlier copy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def connect(self) -> Iterator[FileTransport]:
        """Make the folder and hand out the mailbox."""
        yield self

    def send(self, sender: str, recipient: str, data: bytes) -> Answer:  # noqa: ARG002 - both stand in the mail itself
        """Write the mail in one step, so that a reader sees a whole file or none."""
        name = f"{_identifier(data)}.eml"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = self.folder / f".{name}.{os.getpid()}"
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.folder / name)
        except OSError as error:
            return Answer(Outcome.UNREACHABLE, None, f"The file mailbox cannot be written: {error.strerror}.")
        # No reply code: where there is no server, none answered.
        return Answer(Outcome.ACCEPTED, None, f"kept in the file mailbox as {name}; no mail server is set, so nobody received it", kept=True)


def _identifier(data: bytes) -> str:
    """Return the part of the Message-ID before the @, which is made of hexadecimal digits."""
    start = data.index(b"\nMessage-ID: <") + len(b"\nMessage-ID: <")
    name = data[start : data.index(b"@", start)].decode("ascii")
    if not name.isalnum():
        raise ValueError("a Message-ID of ours is made of letters and digits")
    return name
