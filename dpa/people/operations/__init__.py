"""What can be done with organisations, people and roles. Each act changes its rows and records its event.

Passwords arrive here as hashes: hashing is slow and happens before the unit (see `passwords.choose`). Where an act
takes `visible`, it is the scope in which the acting person manages people; none is the operator, who sees all.
"""

from dpa.people.operations.accounts import (
    NewPerson,
    accept_invitation,
    change_password,
    confirm,
    disable_person,
    enable_person,
    end_other_sessions,
    end_session,
    end_sessions_of,
    link_person,
    sign_out,
)
from dpa.people.operations.memberships import Invited, change_role, end_membership, invite, invite_again
from dpa.people.operations.organisations import (
    OrganisationFacts,
    add_organisation,
    change_logo,
    change_organisation,
    check_facts,
    facts_of,
    logo_of,
    set_up,
    store_logo,
)

__all__ = [
    "Invited",
    "NewPerson",
    "OrganisationFacts",
    "accept_invitation",
    "add_organisation",
    "change_logo",
    "change_organisation",
    "change_password",
    "change_role",
    "check_facts",
    "confirm",
    "disable_person",
    "enable_person",
    "end_membership",
    "end_other_sessions",
    "end_session",
    "end_sessions_of",
    "facts_of",
    "invite",
    "invite_again",
    "link_person",
    "logo_of",
    "set_up",
    "sign_out",
    "store_logo",
]
