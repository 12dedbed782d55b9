from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from django.test import Client as Browser


def test_alive_needs_no_database(client: Browser) -> None:
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_ready_when_migrated(client: Browser) -> None:
    assert client.get("/readyz").json() == {"estado": "pronto"}


@pytest.mark.django_db
def test_not_ready_without_database(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", refuse)
    monkeypatch.setattr(connection, "close", lambda: None)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"estado": "sem banco de dados"}
