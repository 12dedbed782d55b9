from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from rest_framework_simplejwt.tokens import RefreshToken

from accounts.models import Agent

Caller = Callable[[Agent], Browser]


@pytest.fixture(autouse=True)
def _fresh_rates() -> None:
    cache.clear()


@pytest.fixture
def as_agent() -> Caller:
    """A program that calls with this agent's token."""

    def caller(agent: Agent) -> Browser:
        token = str(RefreshToken.for_user(agent).access_token)
        return Browser(headers={"Authorization": f"Bearer {token}"})

    return caller


def told(answer: Any) -> Any:
    """The data of an answer that went well."""
    body = answer.json()
    assert body["success"] is True, body
    return body.get("data")
