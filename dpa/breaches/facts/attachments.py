"""What goes with a notice as lines that people type: a name and its kind (template fields 125-126), `report.pdf; investigation`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from dpa.breaches.facts.sheet import Attachment
from dpa.breaches.facts.words import AttachmentKind

KINDS: Mapping[str, AttachmentKind] = MappingProxyType({kind.value.replace("_", " "): kind for kind in AttachmentKind})
"""The kinds of field 125 by the short names that a line takes."""


def line(attachment: Attachment) -> str:
    """Return an attachment as a line; the kind “other” goes without saying, except where the name holds a semicolon."""
    if attachment.kind is AttachmentKind.OTHER and ";" not in attachment.name:
        return attachment.name
    return f"{attachment.name}; {attachment.kind.value.replace('_', ' ')}"


def listed(lines: Iterable[str], standing: Sequence[Attachment]) -> list[Mapping[str, str]]:
    """Return what lines name, as `build` takes it. One that stood before keeps its kind where its line says none. Raises ValueError for what is no kind."""
    kinds = {attachment.name: attachment.kind for attachment in standing}
    found: list[Mapping[str, str]] = []
    for typed in (" ".join(one.split()) for one in lines):
        name, sign, said = (part.strip() for part in typed.rpartition(";"))
        if typed in kinds or not sign:
            found.append({"name": typed, "kind": kinds.get(typed, AttachmentKind.OTHER).value})
            continue
        kind = _kind(said)
        if not name or kind is None:
            raise ValueError(f"“{said[:40]}” is no kind of attachment. Write the name, a semicolon, and one of: {', '.join(KINDS)}.")
        found.append({"name": name, "kind": kind.value})
    return found


def _kind(said: str) -> AttachmentKind | None:
    """Return the kind meant: by its short name, its label, or the beginning of that where it is clear."""
    typed = said.replace("_", " ").casefold()
    begun = [kind for kind in AttachmentKind if len(typed) >= 4 and kind.label.casefold().startswith(typed)]
    return KINDS.get(typed) or (begun[0] if len(begun) == 1 else None)
