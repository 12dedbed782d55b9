from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.factories import AgentFactory
from atendimento.live import frames
from atendimento.live.panes import PANES
from atendimento.live.screen import Screen
from atendimento.look import ListQuery
from atendimento.sight import Sight
from live.models import Change, ChangeKind
from whatsapp.factories import (
    ClientFactory,
    ConversationFactory,
    MessageFactory,
    OutgoingMessageFactory,
)
from whatsapp.models import Conversation, Kind, Message, Origin

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(client: Browser) -> Any:
    agent = AgentFactory(first_name="Ana")
    client.force_login(agent)
    return agent


def _frame(agent: Any, conversation: Conversation, messages: list[Any]) -> str:
    """What the socket of *agent*, who has *conversation* open, says of those messages."""
    kind = ChangeKind.MESSAGE_ADDED
    changes = [
        Change(kind=kind, subject_id=message.pk, conversation_id=conversation.pk)
        for message in messages
    ]
    sight = Sight.of([agent])[agent.pk]
    screen = Screen(agent, ListQuery(), conversation.pk, sight)
    return frames.make(changes, [screen], 1, PANES)[screen]


def _quoting(conversation: Conversation, agent: Any, count: int) -> list[Any]:
    """Bubbles that quote, half of them the customer's and half the agent's words."""
    quoted = [
        MessageFactory(conversation=conversation),
        OutgoingMessageFactory(conversation=conversation, author=agent),
    ]
    return [
        MessageFactory(conversation=conversation, reply_to=quoted[n % 2], body=f"cita {n}")
        for n in range(count)
    ]


@pytest.mark.parametrize("count", [1, 10])
def test_page_with_quotes_costs_the_same_for_one_and_ten(
    ana: Any, client: Browser, django_assert_num_queries: Any, count: int
) -> None:
    conversation = ConversationFactory(contact__client=ClientFactory())
    _quoting(conversation, AgentFactory(first_name="Bia"), count)
    with django_assert_num_queries(13):
        page = client.get(reverse("conversation", args=[conversation.pk])).content.decode()
    assert page.count('class="quote"') == count


def test_frame_with_quotes_costs_the_same_for_one_and_ten(ana: Any) -> None:
    costs = []
    for count in (1, 10):
        conversation = ConversationFactory(contact__client=ClientFactory())
        messages = _quoting(conversation, AgentFactory(first_name="Bia"), count)
        with CaptureQueriesContext(connection) as queries:
            frame = _frame(ana, conversation, messages)
        assert frame.count('class="quote"') == count
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_quote_names_the_person_and_says_you_to_its_author(ana: Any, client: Browser) -> None:
    bia = AgentFactory(first_name="Bia")
    conversation = ConversationFactory(contact__name="Marina")
    quoted = {
        "Você": OutgoingMessageFactory(conversation=conversation, author=ana),
        str(bia): OutgoingMessageFactory(conversation=conversation, author=bia),
        "Marina": MessageFactory(conversation=conversation),
        "Nosso número": OutgoingMessageFactory(conversation=conversation, origin=Origin.PHONE),
    }
    said = [MessageFactory(conversation=conversation, reply_to=one) for one in quoted.values()]
    page = client.get(reverse("conversation", args=[conversation.pk])).content.decode()
    for html in (page, _frame(ana, conversation, said)):
        for name in quoted:
            assert html.count(f'<span class="quote__who">{name}</span>') == 1


def test_only_a_colleagues_bubble_bears_a_name(ana: Any, client: Browser) -> None:
    bia = AgentFactory(first_name="Bia")
    conversation = ConversationFactory()
    written = [OutgoingMessageFactory(conversation=conversation, author=who) for who in (ana, bia)]
    page = client.get(reverse("conversation", args=[conversation.pk])).content.decode()
    for html in (page, _frame(ana, conversation, written)):
        assert f'<p class="msg__author">{bia}</p>' in html
        assert f'<p class="msg__author">{ana}</p>' not in html


@pytest.mark.parametrize("kind", [kind for kind in Kind.values if kind != Kind.SYSTEM])
def test_a_bubble_of_each_kind_says_something(ana: Any, client: Browser, kind: str) -> None:
    conversation = ConversationFactory()
    MessageFactory(conversation=conversation, kind=kind, body="legenda *forte*")
    page = client.get(reverse("conversation", args=[conversation.pk])).content.decode()
    words = {Kind.UNKNOWN: "ainda não mostra", Kind.UNDECRYPTABLE: "Aguardando mensagem"}
    assert words.get(Kind(kind), "legenda <strong>forte</strong>") in page


def test_a_kind_that_nobody_knows_is_shown_as_unknown(ana: Any, client: Browser) -> None:
    conversation = ConversationFactory()
    message = MessageFactory(conversation=conversation)
    Message.objects.filter(pk=message.pk).update(kind="holograma")
    page = client.get(reverse("conversation", args=[conversation.pk])).content.decode()
    assert "ainda não mostra" in page
