"""Access tokens, kept by streams that must live no longer than they do."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass

from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken
from rest_framework_simplejwt.utils import get_md5_hash_password

from accounts.models import Agent


@dataclass(frozen=True)
class Token:
    """Whose it is, what ties it to his password, and when it ends (seconds since 1970)."""

    agent_id: int
    password_hash: str
    expires: float

    @property
    def seconds_left(self) -> float:
        return max(0.0, self.expires - time.time())


def read(text: str) -> Token | None:
    """The token in *text*; None when it is bad, expired or revoked."""
    try:
        access = AccessToken(text)  # type: ignore[arg-type]
        agent = JWTAuthentication().get_user(access)
    except (TokenError, AuthenticationFailed):
        return None
    return Token(agent.pk, access.get(api_settings.REVOKE_TOKEN_CLAIM, ""), access["exp"])


def still_valid(tokens: Collection[Token]) -> dict[Token, Agent]:
    """Those of *tokens* that hold, with their agents as they are now; one query for all.

    The same as at each request: the person is active, his password unchanged, the time not over.
    An access token does not know the refresh token it came from, whose end it outlives by its own
    fifteen minutes at most.
    """
    agents = Agent.objects.filter(is_active=True).in_bulk({token.agent_id for token in tokens})
    hashes = {pk: get_md5_hash_password(agent.password) for pk, agent in agents.items()}
    return {
        token: agents[token.agent_id]
        for token in tokens
        if token.seconds_left and hashes.get(token.agent_id) == token.password_hash
    }
