"""Tokens: whom one speaks for, and the verbs of a program's log-in."""

from typing import Any, cast

from django.db import connection
from django.db.models import Exists
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken, Token
from rest_framework_simplejwt.utils import get_md5_hash_password

from accounts.models import Agent
from api.login import EndedLogin
from live import announce

# simplejwt copies this claim into every token that comes of the same log-in.
LOGIN = "login"
PROVISIONAL = "Sua senha é provisória: troque-a na página da sua conta antes de usar a API."


class TokenAuthentication(JWTAuthentication):
    def get_user(self, validated_token: Token) -> Agent:  # type: ignore[override]
        """The token's agent, in one query. Raises AuthenticationFailed when the agent is gone,
        inactive or has a new password, or the log-in was ended."""
        # A subquery, so that each request of a program costs one question and not two.
        ended = EndedLogin.objects.filter(pk=validated_token.get(LOGIN, ""))
        known = Agent.objects.filter(pk=validated_token.get(api_settings.USER_ID_CLAIM))
        agent = known.filter(~Exists(ended), is_active=True).first()
        # simplejwt's own claim (CHECK_REVOKE_TOKEN), a digest of the password's hash.
        password = validated_token.get(api_settings.REVOKE_TOKEN_CLAIM)
        if agent is None or password != get_md5_hash_password(agent.password):
            raise AuthenticationFailed
        return agent


class HasOwnPassword(IsAuthenticated):
    """Logged in, with a password that nobody else knows."""

    message = PROVISIONAL

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        return not cast(Agent, request.user).must_change_password


def begin_login(agent: Agent) -> RefreshToken:
    token = RefreshToken.for_user(agent)
    # Into the refresh token: the access tokens made of it, and its successors, copy it.
    token[LOGIN] = token[api_settings.JTI_CLAIM]
    return token


def renew_login(text: str) -> RefreshToken:
    """Use up a refresh token and return its successor. Raises TokenError, AuthenticationFailed."""
    _lock_token(text)
    token = RefreshToken(text)  # type: ignore[arg-type]
    TokenAuthentication().get_user(token)
    token.blacklist()
    # simplejwt's own rotation, in its order: the copy needs an id and times of its own.
    token.set_jti()
    token.set_exp()
    token.set_iat()
    token.outstand()
    return token


def end_login(text: str) -> None:
    """End all tokens of a refresh token's log-in, and what was opened with them. Raises
    TokenError."""
    _lock_token(text)
    token = RefreshToken(text)  # type: ignore[arg-type]
    token.blacklist()
    if login := token.get(LOGIN):
        EndedLogin.objects.get_or_create(login=login)
    # Streams of this log-in end now, not at the next sweep.
    announce.authority_changed(int(token[api_settings.USER_ID_CLAIM]))


def _lock_token(text: str) -> None:
    """Make whoever brings the same token wait for the end of our transaction: simplejwt looks
    whether it was used and writes that it is in two steps."""
    with connection.cursor() as cursor:
        # Until COMMIT, which the views' `atomic` gives; a hash, since the lock takes a number. Two
        # tokens of one hash would only wait for each other.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [text])
