from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts.factories import AgentFactory
from accounts.models import Agent
from api.tests.conftest import told
from live import announce
from live.listen import Listener

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
    codes = [_enter(client, "errada").status_code for _ in range(5)]
    assert codes == [401] * 4 + [429]
    locked = _enter(client)
    assert locked.status_code == 429
    assert 1 <= int(locked["Retry-After"]) <= 60
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


def test_a_new_password_ends_the_tokens_of_the_old_one(client: Browser, ana: Any) -> None:
    pair = told(_enter(client))
    ana.set_password("outra-senha-da-ana")
    ana.save()
    headers = {"Authorization": f"Bearer {pair['access']}"}
    assert client.get("/api/clients/", headers=headers).status_code == 401
    fresh = client.post("/api/token/refresh/", {"refresh": pair["refresh"]}, JSON)
    assert fresh.status_code == 401


def test_a_token_without_an_active_agent_is_worth_nothing(client: Browser, ana: Any) -> None:
    pair = told(_enter(client))

    def refused(route: str, name: str, token: str) -> bool:
        answer = client.post(f"/api/token/{route}/", {name: token}, JSON)
        assert "Token" in answer.json()["message"]
        return bool(answer.status_code == 401)

    Agent.objects.update(is_active=False)
    assert refused("verify", "token", pair["access"])
    assert refused("refresh", "refresh", pair["refresh"])
    OutstandingToken.objects.all().delete()
    Agent.objects.all().delete()
    assert refused("verify", "token", pair["access"])
    assert refused("refresh", "refresh", pair["refresh"])


def test_a_stranger_behind_the_same_proxy_locks_nobody_out(
    client: Browser, ana: Any, settings: Any
) -> None:
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}

    def enter(address: str, name: str) -> int:
        sent = {"username": name, "password": "segredo-da-ana"}
        headers = {"X-Forwarded-For": address}
        return client.post("/api/token/", sent, JSON, headers=headers).status_code

    assert [enter("203.0.113.5", f"nome{n}") for n in range(31)][-1] == 429
    assert enter("203.0.113.6", "ana") == 200


@pytest.mark.django_db(transaction=True)
def test_of_many_who_bring_one_refresh_token_one_is_served(client: Browser, ana: Any) -> None:
    sent = {"refresh": told(_enter(client))["refresh"]}

    def refresh(_: int) -> int:
        try:
            return Browser().post("/api/token/refresh/", sent, JSON).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as callers:
        codes = list(callers.map(refresh, range(8)))
    assert sorted(codes) == [200] + [401] * 7


def _open(client: Browser, access: str) -> int:
    headers = {"Authorization": f"Bearer {access}"}
    return client.get("/api/clients/", headers=headers).status_code


def test_leaving_ends_every_token_of_that_login_and_of_no_other(client: Browser, ana: Any) -> None:
    first, other = told(_enter(client)), told(_enter(client))
    second = told(client.post("/api/token/refresh/", {"refresh": first["refresh"]}, JSON))
    assert _open(client, first["access"]) == 200
    client.post("/api/token/logout/", {"refresh": second["refresh"]}, JSON)
    assert [_open(client, pair["access"]) for pair in (first, second, other)] == [401, 401, 200]
    gone = client.post("/api/token/verify/", {"token": second["access"]}, JSON)
    assert gone.status_code == 401


def test_a_used_refresh_token_is_not_verified(client: Browser, ana: Any) -> None:
    sent = {"refresh": told(_enter(client))["refresh"]}
    token = {"token": sent["refresh"]}
    assert client.post("/api/token/verify/", token, JSON).status_code == 200
    client.post("/api/token/refresh/", sent, JSON)
    assert client.post("/api/token/verify/", token, JSON).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_leaving_tells_the_sockets(client: Browser, ana: Any) -> None:
    heard: list[tuple[str, str]] = []
    listener = Listener((announce.AUTHORITY,), lambda *note: heard.append(note))
    listener.start()
    pair, end = told(_enter(client)), time.monotonic() + 5
    client.post("/api/token/logout/", {"refresh": pair["refresh"]}, JSON)
    while not heard and time.monotonic() < end:
        announce.authority_changed(0)  # until the listener is there
        time.sleep(0.1)
    pair = told(_enter(client))
    client.post("/api/token/logout/", {"refresh": pair["refresh"]}, JSON)
    while (announce.AUTHORITY, str(ana.pk)) not in heard and time.monotonic() < end:
        time.sleep(0.05)
    listener.stop()
    assert (announce.AUTHORITY, str(ana.pk)) in heard


def test_a_provisional_password_opens_nothing(client: Browser, ana: Any) -> None:
    pair = told(_enter(client))
    Agent.objects.update(must_change_password=True)
    headers = {"Authorization": f"Bearer {pair['access']}"}
    for answer in (_enter(client), client.get("/api/clients/", headers=headers)):
        assert answer.status_code == 403
        assert "provisória" in answer.json()["message"]


@pytest.mark.parametrize("field", ["username", "password", "inventado\\ud800"])
def test_half_a_character_is_refused(client: Browser, field: str) -> None:
    answer = client.post("/api/token/", f'{{"{field}": "\\udfff"}}', JSON)
    assert answer.status_code == 400
    assert field.replace("\\ud800", "?") in answer.json()["errors"]
