"""Access tokens, kept by streams that must live no longer than they do."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass

from rest_framework_simplejwt.exceptions import AuthenticationFailed, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken
from rest_framework_simplejwt.utils import get_md5_hash_password

from accounts.models import Agent
from api.authentication import LOGIN, TokenAuthentication
from api.login import EndedLogin


@dataclass(frozen=True)
class Token:
    """Whose it is, what ties it to his password and to one log-in, and when it ends (seconds
    since 1970)."""

    agent_id: int
    password_hash: str
    expires: float
    login: str = ""

    @property
    def seconds_left(self) -> float:
        return max(0.0, self.expires - time.time())


def read(text: str) -> Token | None:
    """The token in *text*; None when it is bad, expired or revoked."""
    try:
        access = AccessToken(text)  # type: ignore[arg-type]
        agent = TokenAuthentication().get_user(access)
    except (TokenError, AuthenticationFailed):
        # Anything else is an outage or a bug, and no reason to say 4401.
        return None
    if agent.must_change_password:
        return None
    password = access.get(api_settings.REVOKE_TOKEN_CLAIM, "")
    return Token(agent.pk, password, access["exp"], access.get(LOGIN, ""))


def still_valid(tokens: Collection[Token]) -> dict[Token, Agent]:
    """Those of *tokens* that hold, with their agents as they are now; two queries for all.

    The same as `TokenAuthentication` asks at each request: the person is active, the password
    unchanged and nobody else's, the log-in not ended, the time not over.
    """
    # By primary key, however many streams there are.
    agents = Agent.objects.filter(is_active=True).in_bulk({token.agent_id for token in tokens})
    hashes = {
        pk: get_md5_hash_password(agent.password)
        for pk, agent in agents.items()
        if not agent.must_change_password
    }
    logins = EndedLogin.objects.filter(pk__in={token.login for token in tokens if token.login})
    ended = set(logins.values_list("pk", flat=True))
    return {
        token: agents[token.agent_id]
        for token in tokens
        if token.seconds_left
        and hashes.get(token.agent_id) == token.password_hash
        and token.login not in ended
    }
