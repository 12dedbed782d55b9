"""Parameters that make no sense are answered in words, never with 500."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.factories import AgentFactory, SupervisorFactory
from atendimento.forms.list_query import ListQueryForm
from whatsapp.factories import ConversationFactory
from whatsapp.models import Conversation

pytestmark = pytest.mark.django_db
LONG = "9" * 5000
TOO_LARGE = str(2**63)
IDS = [LONG, TOO_LARGE, "9" * 18, "-1", "0", "1.5", "x", "\0", "٣"]
POSITIONS = [
    "0001-01-01T00:00:00+14:00/1",
    "9999-12-31T23:59:59-12:00/1",
    "2026-01-01T00:00:00/1",
    f"2026-01-01T00:00:00Z/{LONG}",
    "2026-99-01T00:00:00Z/1",
    "x/y/z",
    "/",
]


@pytest.fixture
def ana(client: Browser) -> Any:
    agent = AgentFactory()
    client.force_login(agent)
    return agent


@pytest.fixture
def conversation(ana: Any) -> Conversation:
    found: Conversation = ConversationFactory()
    return found


@pytest.mark.parametrize("value", IDS)
def test_ids_that_no_row_has(client: Browser, conversation: Conversation, value: str) -> None:
    pk = conversation.pk
    older = client.get(reverse("older", args=[pk]), {"antes": value})
    assert older.status_code == 404
    transfer = client.post(reverse("transfer", args=[pk]), {"para": value})
    assert transfer.status_code == 422
    assert "Escolha para quem transferir" in transfer.content.decode()
    claim = client.post(reverse("claim", args=[pk]), {"no_lugar_de": value})
    assert claim.status_code in (200, 409, 422)
    desk = client.get(reverse("desk"), {"numero": value})
    assert desk.status_code == 200


@pytest.mark.parametrize("value", IDS)
def test_the_pairing_panel_of_no_number(client: Browser, db: None, value: str) -> None:
    client.force_login(SupervisorFactory())
    assert client.get(reverse("pairing"), {"numero": value}).status_code == 200


@pytest.mark.parametrize("value", POSITIONS)
def test_a_page_after_no_row_is_the_first(
    client: Browser, conversation: Conversation, value: str
) -> None:
    for tab in ("pendentes", "ativos"):
        answer = client.get(reverse("rows"), {"aba": tab, "depois": value})
        assert answer.status_code == 200
        assert bool(answer.context["conversations"]) == (tab == "pendentes")


def test_a_message_without_its_key_is_refused_in_words(
    client: Browser, conversation: Conversation
) -> None:
    for key in ("", "x", LONG):
        address = reverse("write", args=[conversation.pk])
        answer = client.post(address, {"chave": key, "texto": "oi"})
        assert answer.status_code == 400
        assert "Recarregue a página" in answer.content.decode()


def test_each_field_of_the_list_falls_back_by_itself() -> None:
    said = {"aba": "finalizados", "filtro": "x", "numero": LONG, "q": " a\0b\ud800 ", "depois": "x"}
    assert ListQueryForm.read(said) == {
        "tab": "finalizados",
        "filter": "",
        "session": None,
        "words": "ab",
        "after": None,
    }
    assert ListQueryForm.read({})["tab"] == "ativos"
    assert ListQueryForm.read({"aba": "pendentes", "filtro": "minhas"})["filter"] == ""
    assert ListQueryForm.read({"q": "x" * 999})["words"] == "x" * 80
