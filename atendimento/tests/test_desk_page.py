from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.factories import AgentFactory, SupervisorFactory
from accounts.models import AuditEntry
from accounts.rights import NotAllowed
from atendimento.marks import whatsapp_marks
from clients.models import Client
from whatsapp.factories import (
    ClientFactory,
    ConversationFactory,
    MessageFactory,
    OutgoingMessageFactory,
    SessionFactory,
)
from whatsapp.models import Delivery, Message, State, Wanted

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(client: Browser) -> Any:
    agent = AgentFactory(first_name="Ana")
    client.force_login(agent)
    return agent


def test_desk_asks_for_a_log_in(client: Browser) -> None:
    answer = client.get(reverse("desk"))
    assert answer.status_code == 302
    assert reverse("login") in answer["Location"]


def test_list_costs_the_same_for_one_row_and_fifty(
    ana: Any, client: Browser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    session = SessionFactory()
    for _ in range(60):
        ConversationFactory(session=session)
    with django_assert_num_queries(8):
        page = client.get(reverse("desk"), {"aba": "pendentes"}).content.decode()
    assert page.count('class="conv-item"') == 50
    assert "conv-more" in page


def test_next_page_continues_where_the_first_ended(ana: Any, client: Browser) -> None:
    session = SessionFactory()
    everyone = {ConversationFactory(session=session).pk for _ in range(60)}
    first = client.get(reverse("rows"), {"aba": "pendentes"})
    second = client.get(reverse("rows") + first.context["next"].link())
    pages = [[c.pk for c in answer.context["conversations"]] for answer in (first, second)]
    assert len(pages[0]) == 50
    assert set(pages[0]) | set(pages[1]) == everyone
    assert not set(pages[0]) & set(pages[1])


def test_chat_costs_the_same_for_one_message_and_fifty(
    ana: Any, client: Browser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    conversation = ConversationFactory(contact__client=ClientFactory())
    OutgoingMessageFactory.create_batch(30, conversation=conversation, author=ana)
    MessageFactory.create_batch(30, conversation=conversation)
    with django_assert_num_queries(13):
        client.get(reverse("conversation", args=[conversation.pk]))


def test_nonsense_in_the_query_shows_the_default_page(ana: Any, client: Browser) -> None:
    query = {"aba": "x", "filtro": "y", "numero": "9" * 40, "q": "\0'", "depois": "ontem/1"}
    assert client.get(reverse("desk"), query).status_code == 200
    assert client.get(reverse("rows"), query).status_code == 200


def test_agents_see_only_their_numbers(ana: Any, client: Browser) -> None:
    closed = SessionFactory()
    closed.agents.add(AgentFactory())
    hidden = ConversationFactory(session=closed)
    shown = ConversationFactory()
    page = client.get(reverse("desk"), {"aba": "pendentes"}).content.decode()
    assert f"conv-{shown.pk}" in page
    assert f"conv-{hidden.pk}" not in page
    for name in ("conversation", "chat_state", "client_edit"):
        assert client.get(reverse(name, args=[hidden.pk])).status_code == 404
    for name in ("write", "claim", "read", "typing", "finish", "reopen", "transfer"):
        assert client.post(reverse(name, args=[hidden.pk])).status_code == 404
    client.force_login(SupervisorFactory())
    assert client.get(reverse("conversation", args=[hidden.pk])).status_code == 200


def test_same_key_again_sends_nothing_more(ana: Any, client: Browser) -> None:
    conversation = ConversationFactory()
    conversation.claim(ana)
    url, sent = reverse("write", args=[conversation.pk]), {"texto": "Oi", "chave": str(uuid4())}
    first, second = client.post(url, sent), client.post(url, sent)
    assert first.content == second.content
    assert Message.objects.filter(body="Oi").count() == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [("  ", "Escreva uma mensagem"), ("x" * 5000, "passa de 4096 caracteres")],
)
def test_bad_text_is_refused_in_words(ana: Any, client: Browser, text: str, words: str) -> None:
    conversation = ConversationFactory()
    conversation.claim(ana)
    url = reverse("write", args=[conversation.pk])
    answer = client.post(url, {"texto": text, "chave": str(uuid4())})
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_only_the_responsible_agent_writes(ana: Any, client: Browser) -> None:
    conversation = ConversationFactory()
    conversation.claim(AgentFactory())
    url = reverse("write", args=[conversation.pk])
    answer = client.post(url, {"texto": "Oi", "chave": str(uuid4())})
    assert answer.status_code == 422
    assert not Message.objects.filter(body="Oi").exists()


def test_failed_message_is_resent_once_by_two_clicks(ana: Any, client: Browser) -> None:
    message = OutgoingMessageFactory(delivery=Delivery.FAILED, error="motivo", author=ana)
    message.conversation.claim(ana)
    url = reverse("resend", args=[message.pk])
    for _ in range(2):
        assert client.post(url).status_code == 204
    message.refresh_from_db()
    assert message.delivery == Delivery.QUEUED


def test_an_uncertain_message_says_so_and_leaves_the_choice(ana: Any, client: Browser) -> None:
    conversation = ConversationFactory()
    conversation.claim(ana)
    message = OutgoingMessageFactory(
        conversation=conversation, delivery=Delivery.UNCERTAIN, author=ana, wa_id=None
    )
    page = client.get(reverse("conversation", args=[conversation.pk])).content.decode()
    assert "Não sabemos se esta mensagem saiu." in page
    assert "Reenviar (pode repetir)" in page
    client.post(reverse("discard", args=[message.pk]))
    message.refresh_from_db()
    assert message.delivery == Delivery.DISCARDED


def test_a_colleagues_message_is_left_to_the_colleague(ana: Any, client: Browser) -> None:
    bruno, conversation = AgentFactory(first_name="Bruno"), ConversationFactory()
    conversation.claim(bruno)
    message = OutgoingMessageFactory(
        conversation=conversation, delivery=Delivery.FAILED, author=bruno
    )
    for verb in ("resend", "discard"):
        answer = client.post(reverse(verb, args=[message.pk]))
        assert answer.status_code == 409
        assert "Bruno Souza está com esta conversa." in answer.content.decode()
        assert answer["HX-Retarget"] == "#live-errands"
    message.refresh_from_db()
    assert message.delivery == Delivery.FAILED


def test_reading_owes_receipts_only_for_ones_own(ana: Any, client: Browser) -> None:
    conversation = ConversationFactory()
    client.post(reverse("read", args=[conversation.pk]))
    assert not Message.objects.to_acknowledge().exists()
    conversation.claim(ana)
    assert Message.objects.to_acknowledge().count() == 1
    conversation.refresh_from_db()
    assert conversation.unread_count == 0


def test_page_has_no_inline_script_or_style(ana: Any, client: Browser) -> None:
    conversation = ConversationFactory(contact__client=ClientFactory())
    answer = client.get(reverse("conversation", args=[conversation.pk]))
    page = answer.content.decode()
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert "<script>" not in page
    assert " style=" not in page
    assert " onclick=" not in page


def test_hostile_names_and_texts_are_escaped(ana: Any, client: Browser) -> None:
    bad = "<img src=x onerror=alert(1)>"
    conversation = ConversationFactory(contact__push_name=bad)
    MessageFactory(conversation=conversation, body=f'{bad} https://x.test/?a="><script>')
    page = client.get(reverse("conversation", args=[conversation.pk])).content.decode()
    assert "<img src=x" not in page
    assert "<script>" not in page


def test_number_down_is_named_and_sending_says_queue(ana: Any, client: Browser) -> None:
    down = SessionFactory(name="Vendas Sul", state=State.LOGGED_OUT, wanted=Wanted.ON)
    conversation = ConversationFactory(session=down)
    conversation.claim(ana)
    page = client.get(reverse("conversation", args=[conversation.pk])).content.decode()
    assert "Vendas Sul: desconectado desde" in page
    assert "Pôr na fila" in page


def test_client_card_registers_the_contact(ana: Any, client: Browser) -> None:
    conversation = ConversationFactory()
    url = reverse("client_edit", args=[conversation.pk])
    wrong = client.post(url, {"name": "Padaria", "cnpj": "11.222.333/0001-00"})
    assert wrong.status_code == 422
    assert "CNPJ inválido" in wrong.content.decode()
    assert "11.222.333/0001-00" in wrong.content.decode()
    right = {"name": "Padaria", "cnpj": "11.222.333/0001-81", "status": "active"}
    assert client.post(url, right).status_code == 200
    conversation.contact.refresh_from_db()
    registered = conversation.contact.client
    assert registered.cnpj == "11222333000181"
    assert registered.phones.get().number == conversation.contact.phone


def test_the_trail_says_who_changed_the_card(ana: Any, client: Browser) -> None:
    customer = ClientFactory(email="")
    conversation = ConversationFactory(contact__client=customer)
    url = reverse("client_fact", args=[conversation.pk, "email"])
    assert "E-mail" in client.get(url, {"editar": ""}).content.decode()
    assert client.post(url, {"email": "nada"}).status_code == 422
    assert client.post(url, {"email": "compras@sol.test"}).status_code == 200
    entry = AuditEntry.objects.get(verb="client.email", client_id=customer.pk)
    assert (entry.actor, entry.old, entry.new) == (ana, "", "compras@sol.test")


def test_a_cnpj_on_file_offers_to_link(ana: Any, client: Browser) -> None:
    known = ClientFactory(cnpj="11222333000181")
    conversation = ConversationFactory(contact__client=None)
    url = reverse("client_edit", args=[conversation.pk])
    again = client.post(url, {"name": "Outra", "cnpj": known.cnpj_masked})
    assert again.status_code == 422
    assert "já está na base com este CNPJ" in again.content.decode()
    client.post(url, {"name": "Outra", "cnpj": known.cnpj_masked, "vincular": known.pk})
    conversation.contact.refresh_from_db()
    assert conversation.contact.client == known


def test_the_queue_shows_the_longest_wait_first(ana: Any, client: Browser) -> None:
    now = timezone.now()
    waits = [ConversationFactory(waiting_since=now - timedelta(minutes=n)) for n in (1, 30, 5)]
    rows = client.get(reverse("rows"), {"aba": "pendentes"}).context["conversations"]
    assert list(rows) == [waits[1], waits[2], waits[0]]


def test_a_pane_alone_is_answered_to_htmx(ana: Any, client: Browser) -> None:
    conversation = ConversationFactory()
    asked = {"HX-Request": "true", "HX-Target": "chat"}
    answer = client.get(reverse("conversation", args=[conversation.pk]), headers=asked)
    assert "<html" not in answer.content.decode()
    assert "HX-Target" in answer["Vary"]
    listed = client.get(reverse("desk"), headers={"HX-Request": "true", "HX-Target": "lista"})
    assert 'id="conv-list"' in listed.content.decode()
    assert 'id="chat"' not in listed.content.decode()


def test_a_fragment_never_becomes_the_login_page(client: Browser) -> None:
    conversation = ConversationFactory()
    url = reverse("conversation", args=[conversation.pk])
    answer = client.get(url, headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert client.get(url).status_code == 302


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*a* _b_ ~c~", "<strong>a</strong> <em>b</em> <s>c</s>"),
        ("2*3*4", "2*3*4"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("<b>", "&lt;b&gt;"),
    ],
)
def test_whatsapp_marks(text: str, html: str) -> None:
    assert whatsapp_marks(text) == html


def test_a_number_that_is_hidden_is_passed_over_as_a_filter(ana: Any, client: Browser) -> None:
    hidden, shown = ConversationFactory(), ConversationFactory()
    hidden.session.agents.add(AgentFactory())
    address = {"aba": "pendentes", "numero": hidden.session_id}
    page = client.get(reverse("desk"), address)
    assert page.context["look"].session is None
    assert list(page.context["conversations"]) == [shown]


@pytest.mark.parametrize("links", [False, True])
def test_of_two_who_register_one_contact_the_later_is_told_who_was_faster(
    ana: Any, client: Browser, links: bool
) -> None:
    conversation = ConversationFactory()
    bruno = AgentFactory(first_name="Bruno", last_name="Reis")
    other = ClientFactory(cnpj="11222333000181")
    url = reverse("client_edit", args=[conversation.pk])
    assert client.get(url).status_code == 200
    theirs = Browser()
    theirs.force_login(bruno)
    assert theirs.post(url, {"name": "Padaria Sol", "cnpj": "11444777000161"}).status_code == 200
    mine = {"name": "Padaria Lua", "cnpj": "11222333000181", "vincular": other.pk}
    answer = client.post(url, mine if links else {"name": "Padaria Lua", "cnpj": ""})
    assert answer.status_code == 409
    assert "Bruno Reis já vinculou este contato a Padaria Sol." in answer.content.decode()
    conversation.contact.refresh_from_db()
    assert conversation.contact.client.name == "Padaria Sol"
    assert not Client.objects.filter(name="Padaria Lua").exists()
    # Also of one who read the contact before it was tied: compared under the lock.
    stale, conversation.contact.client = conversation.contact, None
    with pytest.raises(NotAllowed, match="Bruno Reis já vinculou"):
        stale.belong_to(ana, other, first=True)
    # The same client once more is no conflict.
    again = {"name": "Padaria Sol", "cnpj": "11444777000161"}
    assert client.post(url, again).status_code == 200
