"""How far a right reaches, in words (pt-BR), for the page *Direitos* and docs/permissions.md."""

from __future__ import annotations

from accounts.rights import Can, Right, Scope

_BETWEEN = {
    "Conversas": {Scope.OWN: "as suas", Scope.FREE: "as suas e as da fila"},
    "Clientes": {Scope.OWN: "os seus", Scope.FREE: "os seus e os de ninguém"},
}


def in_words(right: Right) -> list[str]:
    """Of agent, supervisor and admin: ``não``, ``sim`` or what lies between."""
    scopes = (right.agent, right.supervisor, right.admin)
    return [_words(right, scope, max(scopes)) for scope in scopes]


def _words(right: Right, scope: Scope, widest: Scope) -> str:
    if scope in (Scope.NONE, widest):
        return "sim" if scope else "não"
    if right.can == Can.OWN_ACCOUNT:
        return "sim"
    if right.can == Can.MANAGE_PEOPLE:
        return "sim, menos administração"
    return _BETWEEN.get(right.group, {}).get(scope, "dos seus números")
