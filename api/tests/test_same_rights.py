"""The verbs of a conversation by page and by API: the same people may, with the same outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.factories import AgentFactory, SupervisorFactory
from api.tests.conftest import Caller
from whatsapp.factories import ConversationFactory, OutgoingMessageFactory, SessionFactory
from whatsapp.models import (
    AddressKind,
    Contact,
    ContactAddress,
    Conversation,
    Delivery,
    Message,
    Outcome,
)

pytestmark = pytest.mark.django_db
JSON, PHONE = "application/json", "5511999998888"
OUTCOMES = {200: "done", 202: "done", 204: "done", 404: "hidden"}


@dataclass
class People:
    """Ana has it; Bruno is her colleague; Fábio supervises; Zeca may not see the number."""

    ana: Any
    bruno: Any
    fabio: Any
    zeca: Any


@pytest.fixture
def people() -> People:
    names = ("ana", "bruno", "zeca")
    ana, bruno, zeca = (AgentFactory(first_name=name.capitalize()) for name in names)
    return People(ana, bruno, SupervisorFactory(first_name="Fábio"), zeca)


@pytest.fixture
def conversation(people: People) -> Any:
    number = SessionFactory(slug="vendas-sp")
    number.agents.set([people.ana, people.bruno])
    made: Any = ConversationFactory(session=number, contact__phone=PHONE)
    ContactAddress.objects.create(
        contact=made.contact, kind=AddressKind.PHONE, key=PHONE, value=PHONE
    )
    made.claim(people.ana)
    OutgoingMessageFactory(conversation=made, author=people.ana, delivery=Delivery.FAILED)
    return made


def _page(name: str, **body: Any) -> Callable[[Browser, Conversation], int]:
    def call(browser: Browser, conversation: Conversation) -> int:
        sent = {key: value() if callable(value) else value for key, value in body.items()}
        return browser.post(reverse(name, args=[conversation.pk]), sent).status_code

    return call


def _again(name: str) -> Callable[[Browser, Conversation], int]:
    def call(browser: Browser, conversation: Conversation) -> int:
        failed = Message.objects.get(delivery=Delivery.FAILED)
        return browser.post(reverse(name, args=[failed.pk])).status_code

    return call


def _api(method: str, path: str, **body: Any) -> Callable[[Browser, Conversation], int]:
    def call(browser: Browser, conversation: Conversation) -> int:
        url = f"/api/whatsapp/vendas-sp/{path.replace('*', quote(PHONE))}"
        return getattr(browser, method)(url, body or None, JSON).status_code

    return call


STATUS, WRITE = "conversation/*/status", {"texto": "Oi", "chave": lambda: uuid4()}
SOLD = str(Outcome.SOLD)
# Each verb by both doors, and its outcome for: who has it, a colleague, a supervisor, a stranger.
VERBS: dict[str, tuple[Any, Any, str]] = {
    "write": (_page("write", **WRITE), _api("post", "send/*", text="Oi"), "done no done hidden"),
    "read": (_page("read"), _api("put", "conversation/*/read"), "done no done hidden"),
    "typing": (_page("typing"), None, "done no done hidden"),
    "unread": (_page("unread"), None, "done done done hidden"),
    "release": (
        _page("transfer", para="fila"),
        _api("put", STATUS, status="pending"),
        "done no done hidden",
    ),
    "finish": (
        _page("finish", motivo=SOLD),
        _api("put", STATUS, status="closed", outcome=SOLD),
        "done no done hidden",
    ),
    # Without a word on whom it is taken from: somebody else is told who was faster.
    "claim": (_page("claim"), _api("put", STATUS, status="active"), "done no no hidden"),
    "resend": (_again("resend"), None, "done no done hidden"),
    "discard": (_again("discard"), None, "done no done hidden"),
}
CASES = [
    (verb, door, who, outcome)
    for verb, (by_page, by_api, outcomes) in VERBS.items()
    for door, call in (("page", by_page), ("api", by_api))
    if call is not None
    for who, outcome in zip(("ana", "bruno", "fabio", "zeca"), outcomes.split(), strict=True)
]


@pytest.mark.parametrize(("verb", "door", "who", "outcome"), CASES)
def test_page_and_api_let_the_same_people_do_the_same(
    conversation: Any,
    people: People,
    client: Browser,
    as_agent: Caller,
    verb: str,
    door: str,
    who: str,
    outcome: str,
) -> None:
    by_page, by_api, _ = VERBS[verb]
    agent, before = getattr(people, who), _state(conversation)
    client.force_login(agent)
    if door == "page":
        code = by_page(client, conversation)
    else:
        code = by_api(as_agent(agent), conversation)
    assert OUTCOMES.get(code, "no") == outcome
    if outcome != "done":
        assert code in (404, 409, 422)
        assert _state(conversation) == before


def _state(conversation: Any) -> tuple[Any, ...]:
    fresh = Conversation.objects.get(pk=conversation.pk)
    messages = list(fresh.messages.order_by("pk").values_list("pk", "delivery", "seen_at"))
    return fresh.status, fresh.assigned_to_id, fresh.unread_count, fresh.waiting_since, messages


@pytest.mark.parametrize("door", ["page", "api"])
@pytest.mark.parametrize("who", ["ana", "bruno", "fabio"])
def test_whoever_sees_a_finished_one_may_reopen_it(
    conversation: Any, people: People, client: Browser, as_agent: Caller, who: str, door: str
) -> None:
    conversation.finish(people.ana, Outcome.SOLD)
    agent = getattr(people, who)
    client.force_login(agent)
    if door == "page":
        code = _page("reopen")(client, conversation)
    else:
        code = _api("put", STATUS, status="active")(as_agent(agent), conversation)
    assert code == 200
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assigned_to) == ("active", agent)


def test_a_colleagues_conversation_is_taken_over_with_one_question(
    conversation: Any, people: People, client: Browser
) -> None:
    client.force_login(people.bruno)
    page = client.get(reverse("conversation", args=[conversation.pk])).content.decode()
    assert "Ana Souza está com esta conversa. Assumir mesmo assim?" in page
    for button in ("b-transferir", "b-finalizar", 'id="escrever"', "data-read"):
        assert button not in page
    refused = client.post(reverse("transfer", args=[conversation.pk]), {"para": people.bruno.pk})
    assert refused.status_code == 409
    assert "Ana Souza está com esta conversa. Assuma para transferir." in refused.content.decode()
    taken = client.post(reverse("claim", args=[conversation.pk]), {"no_lugar_de": people.ana.pk})
    assert taken.status_code == 200
    mine = client.get(reverse("conversation", args=[conversation.pk])).content.decode()
    assert "data-read" in mine
    assert "b-transferir" in mine
    assert "data-hands-off" not in mine


def test_a_supervisor_writes_but_does_not_read_for_the_holder(
    conversation: Any, people: People, client: Browser
) -> None:
    client.force_login(people.fabio)
    page = client.get(reverse("conversation", args=[conversation.pk])).content.decode()
    assert 'id="escrever"' in page
    assert "data-read" not in page
    assert "b-finalizar" in page


def test_the_third_is_told_who_was_faster(
    conversation: Any, people: People, client: Browser
) -> None:
    conversation.transfer(people.ana, people.bruno)
    client.force_login(people.fabio)
    late = client.post(reverse("claim", args=[conversation.pk]), {"no_lugar_de": people.ana.pk})
    assert late.status_code == 409
    assert "Bruno Souza assumiu antes de você." in late.content.decode()
    assert Contact.objects.count() == 1


@pytest.mark.parametrize("holder", ["-1", "x", "9" * 5000, "1e3"])
def test_nonsense_for_a_holder_is_refused_in_words(
    conversation: Any, people: People, client: Browser, holder: str
) -> None:
    client.force_login(people.bruno)
    answer = client.post(reverse("claim", args=[conversation.pk]), {"no_lugar_de": holder})
    assert answer.status_code == 422
    assert "Recarregue a página" in answer.content.decode()
