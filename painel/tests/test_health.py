from __future__ import annotations

import logging
import sys
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection
from django.test import Client as Browser
from rest_framework_simplejwt.tokens import AccessToken

from accounts.factories import AgentFactory
from painel import errors, log_filters


def test_alive_needs_no_database(client: Browser) -> None:
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_ready_when_migrated(client: Browser) -> None:
    assert client.get("/readyz").json() == {"estado": "pronto"}


@pytest.fixture
def away(db: None) -> Iterator[None]:
    """A PostgreSQL that refuses everybody."""

    def refuse(*_: object, **__: object) -> None:
        raise OperationalError("connection refused")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "cursor", refuse)
        patch.setattr(connection, "close", lambda: None)
        yield


def test_not_ready_without_database(away: None, client: Browser) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"estado": "sem banco de dados"}


def test_a_request_without_database_is_answered_in_words(
    db: None, request: pytest.FixtureRequest
) -> None:
    client = Browser(raise_request_exception=False)
    agent = AgentFactory()
    client.force_login(agent)
    token = AccessToken.for_user(agent)
    request.getfixturevalue("away")
    page = client.get("/atendimento/")
    assert (page.status_code, page["Retry-After"]) == (503, "10")
    assert "fora do ar" in page.content.decode()
    headers = {"Authorization": f"Bearer {token}"}
    call = client.get("/api/whatsapp/vendas-sp", headers=headers)
    assert call.status_code == 503
    assert call.json() == {"success": False, "message": errors.AWAY}


def test_an_outage_is_no_traceback_in_the_log() -> None:
    try:
        raise OperationalError("connection refused\nIs the server running?")
    except OperationalError:
        record = logging.LogRecord("x", 40, "", 0, "Erro: %s", ("/x/",), sys.exc_info())
    assert log_filters.WithoutTraceback().filter(record)
    assert logging.Formatter().format(record) == "Erro: /x/: connection refused"
