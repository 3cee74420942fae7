"""What the address of the board says it should show, checked. Pure but for the sentence of a problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dpa.docket.presenting import ORIGINS
from dpa.problems import Invalid

TEXT_MAX = 100
MINE, NOBODY = "me", "nobody"


@dataclass(frozen=True, slots=True)
class Filters:
    """A narrowed view of the docket; the whole of it when nothing is set."""

    kind: str = ""
    owner: str = ""
    """`me`, `nobody`, or the number of a person."""
    origin: str = ""
    """Stored origin, such as `house_policy`."""
    q: str = ""
    """Words looked for in title, case and basis."""
    after: str = ""
    """Key of the last row of the page before."""

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out."""
        return bool(self.kind or self.owner or self.origin or self.q)

    def address(self, **changes: str) -> dict[str, str]:
        """Return the parameters of this view with changes; the page key is left out unless given."""
        kept = {"kind": self.kind, "owner": self.owner, "origin": self.origin, "q": self.q, **changes}
        return {name: value for name, value in kept.items() if value}


def read(values: Mapping[str, str]) -> Filters:
    """Read the parameters of an address; raises `Invalid` for values that no filter offers."""
    owner, origin = values.get("owner", ""), values.get("origin", "")
    if owner not in {"", MINE, NOBODY} and not (owner.isascii() and owner.isdigit() and len(owner) < 16):
        raise Invalid("The filter for the owner is damaged; choose one from the list.", field="owner")
    if origin and origin not in ORIGINS:
        raise Invalid("The filter for the origin is damaged; choose one from the list.", field="origin")
    return Filters(
        kind=values.get("kind", "").replace("\0", "")[:60],
        owner=owner,
        origin=origin,
        q=" ".join(values.get("q", "").replace("\0", "").split())[:TEXT_MAX],
        after=values.get("after", ""),
    )
