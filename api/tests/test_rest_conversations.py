from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries

from accounts.factories import AgentFactory, SupervisorFactory
from accounts.models import Agent
from api.tests.conftest import Caller, told
from clients.models import Client
from whatsapp.factories import (
    ClientFactory,
    ConversationFactory,
    MessageFactory,
    OutgoingMessageFactory,
    SessionFactory,
)
from whatsapp.models import (
    AddressKind,
    Contact,
    ContactAddress,
    Conversation,
    Delivery,
    Message,
    State,
    Status,
    Wanted,
)

pytestmark = pytest.mark.django_db
JSON = "application/json"
PHONE, LID = "5511999998888", "200000000000001"


@pytest.fixture
def number() -> Any:
    return SessionFactory(slug="vendas-sp")


@pytest.fixture
def thread(number: Any) -> Conversation:
    conversation: Conversation = ConversationFactory(session=number, contact__phone=PHONE)
    for kind, value in ((AddressKind.PHONE, PHONE), (AddressKind.LID, LID)):
        ContactAddress.objects.create(
            contact=conversation.contact, kind=kind, key=value, value=value
        )
    return conversation


@pytest.fixture
def ana() -> Any:
    return AgentFactory(first_name="Ana")


@pytest.fixture
def api(as_agent: Caller, ana: Any) -> Browser:
    return as_agent(ana)


def _url(what: str, person: str = PHONE) -> str:
    return f"/api/whatsapp/vendas-sp/{what.replace('*', quote(person, safe=''))}"


def test_without_a_token_nothing_is_told(client: Browser, thread: Conversation) -> None:
    answer = client.get(_url("conversations"))
    assert answer.status_code == 401
    assert answer.json()["success"] is False
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_conversations_come_newest_first_in_the_old_shape(
    api: Browser, thread: Conversation, number: Any
) -> None:
    newer = ConversationFactory(session=number)
    rows = told(api.get(_url("conversations")))
    assert [row["id"] for row in rows] == [str(newer.pk), str(thread.pk)]
    assert rows[1]["phoneNumber"] == f"{PHONE}@s.whatsapp.net"
    assert rows[1]["sessionId"] == "vendas-sp"
    assert rows[1]["status"] == "pending"
    assert rows[1]["unreadCount"] == 1
    assert rows[1]["lastMessage"] == "Bom dia"


def test_the_cursor_reads_every_conversation_once(api: Browser, number: Any) -> None:
    everyone = {str(ConversationFactory(session=number).pk) for _ in range(7)}
    seen: list[str] = []
    url = _url("conversations?limit=3")
    answer = api.get(url).json()
    while True:
        seen += [row["id"] for row in answer["data"]]
        if not answer["next"]:
            break
        answer = api.get(url, {"cursor": answer["next"], "limit": 3}).json()
    assert len(seen) == 7
    assert set(seen) == everyone


def test_filters_of_the_list(api: Browser, thread: Conversation, ana: Any, number: Any) -> None:
    other = ConversationFactory(session=number, contact__push_name="Zélia", unread_count=0)
    other.claim(ana)

    def ids(query: str) -> list[int]:
        return [int(row["id"]) for row in told(api.get(_url(f"conversations?{query}")))]

    assert ids("status=active") == [other.pk]
    assert ids(f"assigned_to={ana.pk}") == [other.pk]
    assert ids("assigned_to=0") == [thread.pk]
    assert ids("unread=true") == [thread.pk]
    assert ids("q=Z%C3%A9lia") == [other.pk]
    assert ids("q=99999-8888") == [thread.pk]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=abc", "limit"),
        ("offset=-1", "offset"),
        ("offset=99999999999999999999", "offset"),
        ("status=aberta", "status"),
        ("cursor=ontem", "cursor"),
        ("unread=talvez", "unread"),
        ("q=%00", "q"),
    ],
)
def test_bad_queries_name_the_field(api: Browser, number: Any, query: str, field: str) -> None:
    answer = api.get(_url(f"conversations?{query}"))
    assert answer.status_code == 400
    assert field in answer.json()["errors"]


def test_lists_cost_the_same_for_one_row_and_fifty(
    api: Browser,
    number: Any,
    thread: Conversation,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    MessageFactory.create_batch(50, conversation=thread)
    for _ in range(50):
        ConversationFactory(session=number)
    for url, queries in (
        (_url("conversations?limit=1"), 3),
        (_url("conversations?limit=50"), 3),
        (_url("messages/*?limit=1"), 4),
        (_url("messages/*?limit=50"), 4),
    ):
        with django_assert_num_queries(queries):
            assert api.get(url).status_code == 200


def test_unchanged_lists_are_not_sent_again(api: Browser, thread: Conversation, ana: Any) -> None:
    first = api.get(_url("conversations"))
    same = api.get(_url("conversations"), headers={"If-None-Match": first["ETag"]})
    assert same.status_code == 304
    assert same.content == b""
    thread.claim(ana)
    fresh = api.get(_url("conversations"), headers={"If-None-Match": first["ETag"]})
    assert fresh.status_code == 200


def test_nothing_that_is_shown_can_change_behind_an_etag(
    api: Browser, thread: Conversation, ana: Any
) -> None:
    """Also what is changed in the admin, which tells nobody."""
    thread.claim(ana)
    client = ClientFactory(name="Padaria Sol")
    Contact.objects.update(client=client)
    url = _url("conversations")
    tag = api.get(url)["ETag"]
    for model, change in (
        (Client, {"name": "Padaria Lua"}),
        (Agent, {"first_name": "Ana Maria"}),
        (Contact, {"client": None}),
    ):
        model.objects.update(**change)
        fresh = api.get(url, headers={"If-None-Match": tag})
        assert fresh.status_code == 200
        tag = fresh["ETag"]
    for known in (tag, f'"x", {tag}', "*"):
        assert api.get(url, headers={"If-None-Match": known}).status_code == 304


@pytest.mark.parametrize(
    "person",
    [
        "5511999998888",
        "+55 (11) 99999-8888",
        "551199998888",
        "11999998888",
        "5511999998888@s.whatsapp.net",
        f"{LID}@lid",
    ],
)
def test_every_spelling_finds_the_conversation(
    api: Browser, thread: Conversation, person: str
) -> None:
    rows = told(api.get(_url("messages/*", person)))
    assert [row["content"] for row in rows] == ["Bom dia"]


@pytest.mark.parametrize("person", ["abc", "12", "1@example.com", "٣٤٥٦٧٨٩٠", "9" * 400, "\0"])
def test_nonsense_for_a_telephone_is_400(api: Browser, thread: Conversation, person: str) -> None:
    answer = api.get(_url("messages/*", person))
    assert answer.status_code == 400
    assert "phoneNumber" in answer.json()["errors"]


def test_messages_are_the_newest_page_in_order(api: Browser, thread: Conversation) -> None:
    for n in range(5):
        MessageFactory(conversation=thread, body=f"m{n}")
    newest = told(api.get(_url("messages/*?limit=2")))
    assert [row["content"] for row in newest] == ["m3", "m4"]
    before = told(api.get(_url(f"messages/*?limit=2&before={newest[0]['id']}")))
    assert [row["content"] for row in before] == ["m1", "m2"]
    after = told(api.get(_url(f"messages/*?limit=2&after={before[0]['id']}")))
    assert [row["content"] for row in after] == ["m2", "m3"]
    older = told(api.get(_url("messages/*?limit=2&offset=2")))
    assert [row["content"] for row in older] == ["m1", "m2"]


def test_history_is_read_while_the_number_is_off(api: Browser, thread: Conversation) -> None:
    thread.session.enter(State.LOGGED_OUT)
    assert len(told(api.get(_url("messages/*")))) == 1


def test_sending_queues_once_for_one_key(api: Browser, thread: Conversation, ana: Any) -> None:
    thread.claim(ana)
    headers = {"Idempotency-Key": "pedido-1"}
    first, second = (
        api.post(_url("send/*"), {"text": "Oi"}, JSON, headers=headers) for _ in range(2)
    )
    assert first.status_code == second.status_code == 202
    assert told(first) == told(second)
    assert told(first)["status"] == Delivery.QUEUED
    assert told(first)["isFromMe"] is True
    assert Message.objects.filter(body="Oi").count() == 1
    other = api.post(_url("send/*"), {"text": "Outra"}, JSON, headers=headers)
    assert other.status_code == 409


def test_a_repeated_send_is_told_the_same_whoever_has_the_conversation_now(
    api: Browser, thread: Conversation, ana: Any
) -> None:
    thread.claim(ana)
    headers = {"Idempotency-Key": "pedido-1"}
    first = api.post(_url("send/*"), {"text": "Oi"}, JSON, headers=headers)
    thread.transfer(ana, AgentFactory())
    again = api.post(_url("send/*"), {"text": "Oi"}, JSON, headers=headers)
    assert again.status_code == 202
    assert told(again) == told(first)
    assert api.post(_url("send/*"), {"text": "Oi"}, JSON).status_code == 409


def test_a_key_belongs_to_one_conversation_and_one_caller(
    api: Browser, thread: Conversation, ana: Any, number: Any, as_agent: Caller
) -> None:
    headers, text = {"Idempotency-Key": "pedido-1"}, {"text": "Oi"}
    thread.claim(ana)
    api.post(_url("send/*"), text, JSON, headers=headers)
    elsewhere = _url("send/*", "21988887777")
    assert api.post(elsewhere, text, JSON, headers=headers).status_code == 409
    assert Conversation.objects.count() == 1
    colleague = as_agent(SupervisorFactory())
    assert colleague.post(_url("send/*"), text, JSON, headers=headers).status_code == 202
    assert Message.objects.filter(body="Oi").count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_sends_at_once_with_one_key_one_is_queued(
    api: Browser, thread: Conversation, ana: Any
) -> None:
    thread.claim(ana)

    def send(_: int) -> str:
        try:
            headers = {"Idempotency-Key": "pedido-1"}
            return str(told(api.post(_url("send/*"), {"text": "Oi"}, JSON, headers=headers))["id"])
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as callers:
        assert len(set(callers.map(send, range(8)))) == 1
    assert Message.objects.filter(body="Oi").count() == 1


def test_sending_is_for_whoever_has_the_conversation(
    api: Browser, thread: Conversation, as_agent: Caller
) -> None:
    thread.claim(AgentFactory())
    assert api.post(_url("send/*"), {"text": "Oi"}, JSON).status_code == 409
    integration = as_agent(SupervisorFactory())
    assert integration.post(_url("send/*"), {"text": "Oi"}, JSON).status_code == 202


def test_a_new_telephone_gets_a_conversation(api: Browser, number: Any, ana: Any) -> None:
    answer = api.post(_url("send/*", "+55 21 98888-7777"), {"text": "Olá"}, JSON)
    assert answer.status_code == 202
    opened = Conversation.objects.get(session=number)
    assert opened.assigned_to == ana
    assert opened.status == Status.ACTIVE
    assert opened.chat_jid == "5521988887777@s.whatsapp.net"
    again = api.post(_url("send/*", "2188887777"), {"text": "de novo"}, JSON)
    assert told(again)["conversationId"] == str(opened.pk)


@pytest.mark.parametrize(
    "body",
    [{}, {"text": ""}, {"text": "  "}, {"text": "x" * 5000}, {"text": 0}, {"text": "\ud800"}],
)
def test_bad_text_names_the_field(
    api: Browser, thread: Conversation, ana: Any, body: dict[str, Any]
) -> None:
    thread.claim(ana)
    answer = api.post(_url("send/*"), body, JSON)
    assert answer.status_code == 400
    assert "text" in answer.json()["errors"]


def test_status_moves_by_the_pages_own_rules(
    api: Browser, thread: Conversation, ana: Any, as_agent: Caller
) -> None:
    url = _url("conversation/*/status")
    assert told(api.put(url, {"status": "active"}, JSON))["assignedTo"]["id"] == ana.pk
    late = as_agent(AgentFactory()).put(url, {"status": "active"}, JSON)
    assert late.status_code == 409
    assert "assumiu antes de você" in late.json()["message"]
    no_reason = api.put(url, {"status": "closed"}, JSON)
    assert no_reason.status_code == 400
    assert "outcome" in no_reason.json()["errors"]
    done = told(api.put(url, {"status": "closed", "outcome": "sold"}, JSON))
    assert done["status"] == "closed"
    assert api.put(url, {"status": "closed", "outcome": "sold"}, JSON).status_code == 409
    assert told(api.put(url, {"status": "active"}, JSON))["status"] == "active"
    assert told(api.put(url, {"status": "pending"}, JSON))["assignedTo"] is None


def test_reading_clears_the_counter(api: Browser, thread: Conversation, ana: Any) -> None:
    assert api.put(_url("conversation/*/read")).status_code == 409
    thread.claim(ana)
    assert api.put(_url("conversation/*/read")).json()["success"] is True
    thread.refresh_from_db()
    assert thread.unread_count == 0


def test_numbers_of_others_do_not_exist(api: Browser, thread: Conversation) -> None:
    thread.session.agents.add(AgentFactory())
    for url in ("conversations", "messages/*", ""):
        answer = api.get(_url(url).rstrip("/"))
        assert answer.status_code == 404
        assert answer.json()["success"] is False
    assert api.post(_url("send/*"), {"text": "Oi"}, JSON).status_code == 404
    assert api.post(_url("logout")).status_code == 404


def test_a_number_is_begun_once(api: Browser, as_agent: Caller) -> None:
    supervisor = as_agent(SupervisorFactory())
    url = "/api/whatsapp/filial-2/initialize"
    assert api.post(url).status_code == 404
    assert supervisor.post(url).json()["message"] == "Inicialização em andamento"
    again = supervisor.post(url)
    assert again.status_code == 400
    assert again.json() == {"success": False, "message": "Sessão já inicializada"}
    assert api.post(url).status_code == 403
    state = told(api.get("/api/whatsapp/filial-2"))
    assert state["state"]["code"] == "new"
    assert state["queueLength"] == 0


def _pairing(caller: Browser) -> tuple[str | None, str | None]:
    shown = told(caller.get("/api/whatsapp/vendas-sp"))
    assert shown["isConnected"] is False
    return shown["qr"], shown["qrExpiresAt"]


def test_the_code_to_pair_with_is_for_who_may_connect_numbers(
    api: Browser, number: Any, as_agent: Caller
) -> None:
    number.want(Wanted.PAIR)
    number.show_qr("2@abc", 20)
    qr, expires = _pairing(as_agent(SupervisorFactory()))
    assert qr == "2@abc"
    assert expires
    assert _pairing(api) == (None, None)


def test_a_code_that_expired_is_shown_to_nobody(number: Any, as_agent: Caller) -> None:
    supervisor = as_agent(SupervisorFactory())
    number.want(Wanted.PAIR)
    number.show_qr("2@abc", -1)
    assert _pairing(supervisor) == (None, None)
    number.show_qr("2@def", 20)
    # Its worker died: nobody would hear the telephone that scans it.
    type(number).objects.update(lease_until=None)
    assert _pairing(supervisor) == (None, None)


def test_waiting_messages_are_counted(api: Browser, thread: Conversation) -> None:
    OutgoingMessageFactory(conversation=thread, delivery=Delivery.QUEUED)
    assert told(api.get("/api/whatsapp/vendas-sp"))["queueLength"] == 1
