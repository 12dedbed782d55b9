"""The calls of the front end that the API was ordered for, in its order, on a real number."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser

from accounts.factories import SupervisorFactory
from api.tests.conftest import Caller, told
from whatsapp.models import Delivery, State, Status
from whatsapp.tests.loopback.conftest import House, house, keepsake

__all__ = ["house", "keepsake"]
pytestmark = pytest.mark.loopback
URL = "/api/whatsapp/vendas-sp"


def _data(answer: Any) -> Any:
    return told(answer)


def test_from_initialize_to_logout(house: House, as_agent: Caller) -> None:
    api: Browser = as_agent(SupervisorFactory())
    house.start()
    assert api.post(f"{URL}/initialize").json() == {
        "success": True,
        "message": "Inicialização em andamento",
    }
    assert api.post(f"{URL}/initialize").status_code == 400
    code = house.until(lambda: _data(api.get(URL))["qr"], 20)
    house.server.scan(house.company, code)
    house.until(lambda: _data(api.get(URL))["isConnected"], 40)

    marina = house.customer()
    house.server.write(marina, house.company, "Bom dia, fazem proposta?")
    rows = house.until(lambda: _data(api.get(f"{URL}/conversations", {"status": "pending"})))
    person = rows[0]["phoneNumber"]
    assert rows[0]["lastMessage"] == "Bom dia, fazem proposta?"
    messages = _data(api.get(f"{URL}/messages/{person}"))
    assert [message["content"] for message in messages] == ["Bom dia, fazem proposta?"]

    active = {"status": "active"}
    api.put(f"{URL}/conversation/{person}/status", active, "application/json")
    sent = api.post(f"{URL}/send/{person}", {"text": "Fazemos"}, "application/json")
    assert sent.status_code == 202
    house.until_message("Fazemos", Delivery.DELIVERED)
    assert [bubble.text for bubble in marina.inbox()] == ["Fazemos"]
    assert api.put(f"{URL}/conversation/{person}/read").json()["success"] is True
    assert _data(api.get(f"{URL}/conversations"))[0]["unreadCount"] == 0

    done = {"status": "closed", "outcome": "sold"}
    closed = api.put(f"{URL}/conversation/{person}/status", done, "application/json")
    assert _data(closed)["status"] == Status.CLOSED
    assert api.post(f"{URL}/logout").json()["success"] is True
    house.until(lambda: not _data(api.get(URL))["isConnected"], 20)
    house.until(lambda: house.now().state in (State.LOGGED_OUT, State.NEW), 20)
    assert len(_data(api.get(f"{URL}/messages/{person}"))) == 2
