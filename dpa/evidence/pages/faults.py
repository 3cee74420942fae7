"""What the pages say of a stored file that is missing or altered."""

from __future__ import annotations

from collections.abc import Mapping

from dpa.evidence.pages.badges import Badge
from dpa.evidence.register.models import FileFault, FileRole

BADGES: Mapping[FileFault, Badge] = {
    FileFault.MISSING: Badge("file missing", "late", "file-off"),
    FileFault.ALTERED: Badge("file altered", "late", "file-alert"),
}
_WHAT: Mapping[FileRole, str] = {FileRole.SEALED: "The file as issued", FileRole.STAMPED: "The time-stamped file", FileRole.BUNDLE: "The proof bundle"}
_HOW: Mapping[FileFault, str] = {
    FileFault.MISSING: "is missing from the store of documents",
    FileFault.ALTERED: "is no longer in the store as it was issued: somebody or something changed it there",
}


def sentence(found: Mapping[FileRole, FileFault]) -> str:
    """Return what is wrong and what to do; empty when all files are whole."""
    if not found:
        return ""
    what = " ".join(f"{_WHAT[role]} {_HOW[fault]}." for role, fault in found.items())
    return (
        f"{what} It is not handed out. Have your operator restore it from a backup of the folder of documents; whoever was sent it holds it "
        "unchanged, and the register still tells whether a copy is genuine."
    )


def worst(found: Mapping[FileRole, FileFault]) -> Badge | None:
    """Return the badge of a document whose files are not whole; none for one whose are. Altered is worse than missing."""
    kinds = set(found.values())
    return next((BADGES[fault] for fault in (FileFault.ALTERED, FileFault.MISSING) if fault in kinds), None)
