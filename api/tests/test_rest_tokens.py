from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser

from api.tests.conftest import told
from atendimento.factories import AgentFactory

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def ana() -> Any:
    agent = AgentFactory(username="ana")
    agent.set_password("segredo-da-ana")
    agent.save()
    return agent


def _enter(client: Browser, password: str = "segredo-da-ana") -> Any:
    return client.post("/api/token/", {"username": "ana", "password": password}, JSON)


def test_a_password_buys_a_pair_that_opens_the_api(client: Browser, ana: Any) -> None:
    pair = told(_enter(client))
    headers = {"Authorization": f"Bearer {pair['access']}"}
    assert client.get("/api/clients/", headers=headers).status_code == 200
    assert client.post("/api/token/verify/", {"token": pair["access"]}, JSON).status_code == 200


def test_a_refresh_token_is_good_for_one_use(client: Browser, ana: Any) -> None:
    pair = told(_enter(client))
    fresh = told(client.post("/api/token/refresh/", {"refresh": pair["refresh"]}, JSON))
    assert fresh["refresh"] != pair["refresh"]
    again = client.post("/api/token/refresh/", {"refresh": pair["refresh"]}, JSON)
    assert again.status_code == 401
    assert again.json()["success"] is False


def test_leaving_ends_the_refresh_token(client: Browser, ana: Any) -> None:
    pair = told(_enter(client))
    left = client.post("/api/token/logout/", {"refresh": pair["refresh"]}, JSON)
    assert left.json() == {"success": True, "message": "Até logo"}
    again = client.post("/api/token/refresh/", {"refresh": pair["refresh"]}, JSON)
    assert again.status_code == 401


def test_a_wrong_password_is_refused_in_the_envelope(client: Browser, ana: Any) -> None:
    answer = _enter(client, "errada")
    assert answer.status_code == 401
    assert answer.json() == {"success": False, "message": "Usuário ou senha incorretos."}


def test_an_account_is_locked_after_too_many_tries(client: Browser, ana: Any) -> None:
    codes = [_enter(client, "errada").status_code for _ in range(9)]
    assert codes[-1] == 429
    locked = _enter(client)
    assert locked.status_code == 429
    assert "bloqueado" in locked.json()["message"]


def test_an_address_may_not_try_for_ever(client: Browser, ana: Any) -> None:
    bad = [client.post("/api/token/verify/", {"token": "x"}, JSON) for _ in range(25)]
    assert bad[0].status_code == 401
    assert bad[-1].status_code == 429
    assert bad[-1].json()["success"] is False
    assert "Retry-After" in bad[-1]


def test_missing_fields_are_named(client: Browser) -> None:
    answer = client.post("/api/token/", {}, JSON)
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"username", "password"}


def test_an_inactive_agent_is_out_at_once(client: Browser, ana: Any) -> None:
    headers = {"Authorization": f"Bearer {told(_enter(client))['access']}"}
    ana.is_active = False
    ana.save()
    assert client.get("/api/clients/", headers=headers).status_code == 401
