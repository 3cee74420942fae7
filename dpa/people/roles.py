"""The one table of roles and what each may do. Pure: views and operations ask `may`, nothing else decides.

docs/access.md prints the same table for readers; a test compares the two (OWASP ASVS 8.1.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a person is in one organisation; the order is that of lists."""

    DPO = "dpo"
    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"
    AUDITOR = "auditor"


TITLES: Mapping[Role, str] = {
    Role.DPO: "DPO",
    Role.ADMINISTRATOR: "Administrator",
    Role.OPERATOR: "Operator",
    Role.AUDITOR: "Auditor (reads only)",
}
"""The words a person reads."""

MEANINGS: Mapping[Role, str] = {
    Role.DPO: "Does everything except managing people: terms, clocks, releases, waivers, house facts.",
    Role.ADMINISTRATOR: "Does everything, including managing people.",
    Role.OPERATOR: "Records incidents and works on deadlines; cannot release, waive or change terms.",
    Role.AUDITOR: "Sees everything and changes nothing.",
}
"""One sentence per role, shown where a role is chosen."""

_READ = frozenset(
    {"board.read", "breaches.read", "agreements.read", "parties.read", "outbox.read", "documents.read"},
)
_INSPECT = frozenset({"trail.read", "trail.verify", "settings.read"})
_WORK = frozenset({"breaches.record", "parties.edit", "docket.act", "alerts.acknowledge"})
_DECIDE = frozenset({
    "breaches.release", "agreements.edit", "agreements.import", "docket.waive", "documents.issue", "trail.witness", "seal.manage",
    "organisation.manage",
})
_RULE = frozenset({"people.manage"})

GRANTS: Mapping[Role, frozenset[str]] = {
    Role.ADMINISTRATOR: _READ | _INSPECT | _WORK | _DECIDE | _RULE,
    Role.DPO: _READ | _INSPECT | _WORK | _DECIDE,
    Role.OPERATOR: _READ | _WORK,
    Role.AUDITOR: _READ | _INSPECT,
}
"""Each role with its permissions."""

PERMISSIONS: frozenset[str] = frozenset().union(*GRANTS.values())
"""Every permission there is; an access mark that names another one is a defect."""

CHANGING: frozenset[str] = _WORK | _DECIDE | _RULE
"""Permissions that change something; an auditor has none of them."""


def permissions(role: Role) -> frozenset[str]:
    """Return everything a role may do."""
    return GRANTS[role]


def may(role: Role, permission: str) -> bool:
    """Tell whether a role includes a permission. Raises ValueError for a permission that does not exist."""
    if permission not in PERMISSIONS:
        raise ValueError(f"there is no permission {permission!r}; the table is in dpa/people/roles.py")
    return permission in GRANTS[role]
