"""What panes make of changes, on real sockets: a new fact, and a change that cannot be shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.factories import AgentFactory, SupervisorFactory
from atendimento.live import frames
from atendimento.live.panes import PANES
from atendimento.live.screen import Screen
from atendimento.look import ListQuery
from atendimento.sight import Sight
from atendimento.tests.pages import Page, say
from live import announce
from live.models import Change
from live.tests.daphne import Daphne
from whatsapp.factories import ConversationFactory, OutgoingMessageFactory, SessionFactory
from whatsapp.models import Conversation, Message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def web(django_db_setup: None) -> Iterator[Daphne]:
    with Daphne("atendimento.tests.noting:application") as process:
        yield process


@pytest.fixture
def two() -> list[Conversation]:
    found: list[Conversation] = ConversationFactory.create_batch(2, session=SessionFactory())
    found[0].announce_changed()
    return found


def _pages(web: Daphne, conversations: list[Conversation]) -> list[Page]:
    pages = [Page(web, AgentFactory(), conversation=one.pk) for one in conversations]
    for page in pages:
        page.joined()
    return pages


def _of(conversation: Conversation, kind: str, subject: int | None = None) -> Change:
    return Change(
        kind=kind,
        session_id=conversation.session_id,
        conversation_id=conversation.pk,
        subject_id=subject,
    )


def test_a_new_fact_is_a_pane_of_its_own(web: Daphne, two: list[Conversation]) -> None:
    pages = _pages(web, two)
    announce.announce([_of(two[0], "note_added", 4711)])
    pages[0].socket.until('<template data-live="note">4711</template>')
    assert "note" not in pages[1].heard()


def test_a_change_that_postgresql_refuses_stops_nothing(
    web: Daphne, two: list[Conversation]
) -> None:
    bad, good = two
    pages = _pages(web, two)
    with transaction.atomic():
        notes = _of(bad, "note_added", 1), _of(good, "note_added", 2)
        announce.announce([notes[0], _of(bad, "poison"), notes[1]])
        say(good, "na mesma leitura")
    heard = pages[0].socket.until('data-live="reload"')
    assert 'data-live="note">1<' in heard
    heard = pages[1].socket.until("na mesma leitura")
    assert 'data-live="note">2<' in heard
    assert "reload" not in heard
    poison = Change.objects.get(kind="poison")
    assert f"change {poison.pk} cannot be shown" in web.log.read_text()
    say(bad, "o que segue")
    pages[0].socket.until("o que segue")
    assert "outage" not in pages[1].heard()


def test_a_row_that_no_template_can_show_stops_nothing(
    web: Daphne, two: list[Conversation]
) -> None:
    """By data alone: a state that this version of the page does not know."""
    bad, good = two
    pages = _pages(web, two)
    with transaction.atomic():
        message = OutgoingMessageFactory(conversation=bad, delivery="telepatia")
        Conversation.objects.filter(pk=bad.pk).update(last_message=message)
        message.announce_added()
        bad.announce_changed()
        say(good, "logo depois")
    pages[0].socket.until('data-live="reload"')
    heard = pages[1].socket.until("logo depois")
    assert "reload" not in heard
    # A page that comes back to it reloads as well, and hears the rest.
    again = pages[1].open()
    say(good, "e de novo")
    again.until("e de novo")


def test_a_found_row_stays_when_its_customer_writes(web: Daphne, two: list[Conversation]) -> None:
    found = Page(web, AgentFactory(), words="padaria")
    say(two[0], "oi")
    heard = found.socket.until('data-live="row" data-only="present"')
    assert f'id="conv-{two[0].pk}"' in heard
    assert "row-gone" not in heard
    two[0].claim(AgentFactory())
    found.socket.until(f'row-gone" data-conversation="{two[0].pk}"')


def _screen(conversation: Conversation) -> Screen:
    agent = SupervisorFactory()
    return Screen(agent, ListQuery(tab="pendentes"), conversation.pk, Sight.of([agent])[agent.pk])


def _quoting(conversation: Conversation, number: int) -> list[Message]:
    quoted = [
        OutgoingMessageFactory(conversation=conversation, author=AgentFactory())
        for _ in range(number)
    ]
    return [say(conversation, "sobre isso", reply_to=one) for one in quoted]


def _queries(changes: list[Change], screen: Screen) -> int:
    with CaptureQueriesContext(connection) as asked:
        made = frames.make(changes, [screen], 1, PANES)
    assert made
    return len(asked)


def test_one_and_ten_quoting_bubbles_cost_the_same_queries(two: list[Conversation]) -> None:
    costs = []
    for conversation, number in zip(two, (1, 10), strict=True):
        changes = [
            _of(conversation, "message_added", message.pk)
            for message in _quoting(conversation, number)
        ]
        costs.append(_queries(changes, _screen(conversation)))
    assert costs[0] == costs[1]
    assert costs[0] <= 3


def test_one_and_fifty_changes_cost_the_same_queries(two: list[Conversation]) -> None:
    many = ConversationFactory.create_batch(50, session=two[0].session)
    screen = _screen(two[0])
    one = _queries([_of(two[0], "conversation_changed")], screen)
    assert _queries([_of(each, "conversation_changed") for each in many], screen) == one


def test_a_bubble_is_rendered_once_for_all_but_its_author(two: list[Conversation]) -> None:
    author = AgentFactory()
    message = OutgoingMessageFactory(conversation=two[0], author=author)
    sight = Sight(True, frozenset())
    agents = [author, *(SupervisorFactory() for _ in range(5))]
    screens = [Screen(agent, ListQuery(), two[0].pk, sight) for agent in agents]
    change = _of(two[0], "message_added", message.pk)
    made = frames.make([change], screens, 1, PANES)
    texts = [made[screen] for screen in screens]
    assert str(author) not in texts[0]
    assert len(set(texts[1:])) == 1
    assert str(author) in texts[1]
