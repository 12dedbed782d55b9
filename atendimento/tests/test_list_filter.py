"""The list's filter and visibility have two forms, for PostgreSQL and for rows in memory; they are
compared here over every tab, filter, number, search and agent."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from accounts.factories import AgentFactory, SupervisorFactory
from accounts.models import Agent
from atendimento.forms.list_query import FILTERS
from atendimento.look import TABS, ListQuery
from atendimento.sight import Sight
from whatsapp.factories import ClientFactory, ContactFactory, ConversationFactory, SessionFactory
from whatsapp.models import Conversation, Session, Status

pytestmark = pytest.mark.django_db

WORDS = ("", "padaria", "ninguém tem este nome")


class House:
    """Three numbers (open to all, Ana's, nobody's but a colleague's), and on each a conversation of
    every status, holder and count."""

    def __init__(self) -> None:
        self.ana, self.colleague = AgentFactory(), AgentFactory()
        self.agents = (self.ana, AgentFactory(), SupervisorFactory())
        self.numbers: list[Session] = SessionFactory.create_batch(3)
        self.numbers[1].agents.add(self.ana)
        self.numbers[2].agents.add(self.colleague)
        holders = (None, self.ana, self.colleague)
        for number, status, holder, unread in product(self.numbers, Status, holders, (0, 2)):
            self._conversation(number, status, holder, unread)

    def _conversation(
        self, number: Session, status: Status, holder: Agent | None, unread: int
    ) -> None:
        found = Conversation.objects.count() % 2
        name = "Padaria do Zé" if found else "Oficina"
        ConversationFactory(
            session=number,
            contact=ContactFactory(client=ClientFactory(name=name)),
            status=status,
            assigned_to=holder,
            unread_count=unread,
        )


def _queries(numbers: list[Session]) -> Iterator[ListQuery]:
    chosen = (None, *(number.pk for number in numbers), 10**9)
    for tab, filter_, number, words in product(TABS, FILTERS, chosen, WORDS):
        yield ListQuery(tab=tab, filter=filter_, session=number, words=words)


@pytest.mark.parametrize("who", [0, 1, 2], ids=["ana", "agent", "supervisor"])
def test_the_lists_filter_is_one_rule_in_sql_and_in_memory(who: int) -> None:
    house = House()
    agent: Any = house.agents[who]
    sight = Sight.of([agent])[agent.pk]
    rows = list(Conversation.objects.all())
    for query in _queries(house.numbers):
        in_sql = set(query.rows(agent))
        shown = {row: query.shows(row, agent, sight) for row in rows}
        if query.words:
            # Only PostgreSQL compares words: what it finds is kept, and nothing is put in.
            assert in_sql <= {row for row in rows if shown[row] is None}, query
            assert True not in shown.values(), query
        else:
            assert in_sql == {row for row in rows if shown[row]}, query


@pytest.mark.parametrize("who", [0, 1, 2], ids=["ana", "agent", "supervisor"])
def test_sight_is_one_rule_in_sql_and_in_memory(who: int) -> None:
    house = House()
    agent: Any = house.agents[who]
    sight = Sight.of(list(house.agents))[agent.pk]
    visible = set(Conversation.objects.visible_to(agent))
    assert set(sight.conversations()) == visible
    assert {row for row in Conversation.objects.all() if sight.sees(row.session_id)} == visible
    numbers = set(Session.objects.visible_to(agent))
    assert {number for number in house.numbers if sight.sees(number.pk)} == numbers


def test_sight_that_grows_covers_what_it_was() -> None:
    little, more = Sight(False, frozenset({1})), Sight(False, frozenset({1, 2}))
    everything = Sight(True, frozenset())
    assert more.covers(little)
    assert not little.covers(more)
    assert everything.covers(more)
    assert not more.covers(everything)
