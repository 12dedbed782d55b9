"""Who may do what, answered from the one table (`accounts.rights_table`).

Every door asks here: pages, fragments, sockets, REST, stream, admin and commands, through the verb
where there is one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from accounts.rights_table import TABLE, Can, Right, Scope

__all__ = [
    "BY_VERB",
    "TABLE",
    "Can",
    "NotAllowed",
    "Person",
    "Right",
    "Scope",
    "may",
    "permissions_of",
    "scope_of",
]


# Not Django's PermissionDenied, which becomes a page with 403: this one is told where the person
# clicked, and what he typed stays.
class NotAllowed(Exception):
    """The verb is refused, by a right or by the state of things; the text is for people (pt-BR)."""


BY_VERB: dict[Can, Right] = {right.can: right for right in TABLE}
# Each permission stands in one line of the table: of two the last would win.
BY_PERMISSION: dict[str, Can] = {
    permission: right.can for right in TABLE for permission in right.permissions
}


# A protocol, since the model of accounts imports this.
class Person(Protocol):
    """What of an agent decides his rights."""

    role: str
    is_active: bool
    is_superuser: bool
    must_change_password: bool


def scope_of(person: Person, can: Can) -> Scope:
    """How far *person*'s right to *can* reaches. Who is inactive has none; who has a temporary
    password may only choose his own."""
    # Pages ask the same in FirstAccessMiddleware, the API in HasOwnPassword: those send people to
    # where a password is chosen, this refuses whatever door forgot.
    if not person.is_active or (person.must_change_password and can != Can.OWN_ACCOUNT):
        return Scope.NONE
    # The values of Role are the names of Right's columns.
    role = "admin" if person.is_superuser else person.role
    scope: Scope = getattr(BY_VERB[can], role)
    return scope


def roles_with(can: Can, scope: Scope) -> frozenset[str]:
    """The roles whose right to *can* reaches as far as *scope*; for conditions in SQL."""
    roles = ("agent", "supervisor", "admin")
    return frozenset(role for role in roles if getattr(BY_VERB[can], role) >= scope)


def may(person: Person, can: Can, distance: Scope = Scope.OWN) -> bool:
    """Whether *person* may do *can* to something that far away; by default: to anything at all."""
    return scope_of(person, can) >= distance


def permissions_of(person: Person) -> Iterator[str]:
    """The permissions of the admin that *person* has, as ``app.action_model``."""
    return (name for name, can in BY_PERMISSION.items() if may(person, can))
