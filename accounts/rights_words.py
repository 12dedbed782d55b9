"""How far a right reaches, in words (pt-BR): for people, and for the documentation of the API."""

from __future__ import annotations

from accounts.rights import BY_VERB, Can, Right, Scope

_BETWEEN = {
    "Conversas": {Scope.OWN: "as suas", Scope.FREE: "as suas e as da fila"},
    "Clientes": {Scope.OWN: "os seus", Scope.FREE: "os seus e os de ninguém"},
}

_REACH = {
    Scope.OWN: "no que é seu",
    Scope.FREE: "no que é seu e no que está livre",
    Scope.VISIBLE: "no que pode ver",
    Scope.ALL: "em tudo",
}


def in_words(right: Right) -> list[str]:
    """Of agent, supervisor and admin: ``não``, ``sim`` or what lies between."""
    scopes = (right.agent, right.supervisor, right.admin)
    # The widest that anybody has is a plain "sim": only less than that needs a word.
    return [_words(right, scope, max(scopes)) for scope in scopes]


def _words(right: Right, scope: Scope, widest: Scope) -> str:
    if scope in (Scope.NONE, widest):
        return "sim" if scope else "não"
    if right.can == Can.OWN_ACCOUNT:
        return "sim"
    if right.can == Can.MANAGE_PEOPLE:
        return "sim, menos administração"
    return _BETWEEN.get(right.group, {}).get(scope, "dos seus números")


def who_may(can: Can) -> str:
    """Who may, in one sentence (pt-BR), as the documentation of the API shows it."""
    right = BY_VERB[can]
    roles = {"atendente": right.agent, "supervisor": right.supervisor, "administrador": right.admin}
    told = [f"{role} {_REACH[scope]}" for role, scope in roles.items() if scope]
    return f"{right.label}: {', '.join(told)}."
