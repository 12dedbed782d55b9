"""Browsers' log-ins, kept by sockets that must live no longer than they do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import Agent


@dataclass(frozen=True)
class Login:
    """One browser's log-in: whose, the key of its session row, the hash made of his password."""

    agent_id: int
    session_key: str
    password_hash: str

    @classmethod
    def of(cls, session: SessionBase) -> Login | None:
        """The log-in of a Django session, or None when nobody is logged in."""
        agent, key = session.get(SESSION_KEY, ""), session.session_key
        if not key or not str(agent).isdecimal():
            return None
        return cls(int(agent), key, session.get(HASH_SESSION_KEY, ""))


def still_valid(logins: Collection[Login]) -> dict[Login, Agent]:
    """Those of *logins* that hold, with their agents as they are now; two queries for all.

    A log-in ends with its row (log-out, expiry, a flushed table), with the password, and with the
    person's being active: the same that Django asks at each request. One by a temporary password
    opens the page to choose another, and no socket.
    """
    # The same as Django's `get_user` asks of a request, for all sockets of a process at once: a
    # socket has no next request. Each way out is tried in atendimento/tests/test_socket_ends.py.
    keys = {login.session_key for login in logins}
    rows = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    alive = set(rows.values_list("session_key", flat=True))
    active = Agent.objects.filter(is_active=True, must_change_password=False)
    agents = active.in_bulk({login.agent_id for login in logins})
    hashes = {pk: _hashes(agent) for pk, agent in agents.items()}
    return {
        login: agents[login.agent_id]
        for login in logins
        if login.session_key in alive and login.password_hash in hashes.get(login.agent_id, ())
    }


def _hashes(agent: Agent) -> set[str]:
    """Also those by older keys: a new SECRET_KEY with fallbacks ends no log-in."""
    return {agent.get_session_auth_hash(), *agent.get_session_auth_fallback_hash()}
