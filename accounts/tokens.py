"""Who may have a token of the API."""

from __future__ import annotations

from rest_framework.exceptions import PermissionDenied

from accounts.models import Agent


def may_have_token(agent: Agent | None) -> bool:
    """simplejwt's rule. Raises PermissionDenied, in words, for who must choose a password first."""
    if agent is None or not agent.is_active:
        return False
    if agent.must_change_password:
        raise PermissionDenied("Crie a sua senha na página do painel antes de usar a API.")
    return True
