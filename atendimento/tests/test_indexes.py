"""Each hot query walks an index of its own, whatever the planner thinks of a small table."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from accounts.factories import SupervisorFactory
from atendimento import panes
from live import announce
from live.models import Change
from whatsapp.events import Person
from whatsapp.factories import ConversationFactory, SessionFactory
from whatsapp.jid import of_phone
from whatsapp.models import Arrival, Conversation, Message, Status
from whatsapp.models.identify import identify, known_addresses
from whatsapp.numbers import numbers_with_queue

pytestmark = pytest.mark.django_db


def _plan(query: QuerySet[Any], bitmaps: bool = False) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(f"SET LOCAL enable_bitmapscan = {'on' if bitmaps else 'off'}")
    return query.explain()


@pytest.fixture
def full() -> Conversation:
    session = SessionFactory()
    first: Conversation = ConversationFactory.create_batch(200, session=session)[0]
    Conversation.objects.filter(pk__gt=first.pk + 20).update(status=Status.CLOSED)
    Conversation.objects.filter(pk__gt=first.pk + 180).update(status=Status.ACTIVE)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return first


def test_a_tab_and_its_next_page(full: Conversation) -> None:
    agent = SupervisorFactory()
    rows = panes.Look(tab="ativos").query(agent).newest_first()
    assert "conversation_tab" in _plan(rows[:50])
    newest = rows[0]
    assert "conversation_tab" in _plan(rows.after(newest.last_message_at, newest.pk)[:50])


def test_ones_own_conversations(full: Conversation) -> None:
    agent = SupervisorFactory()
    full.claim(agent)
    rows = panes.Look(tab="ativos", filter="minhas").query(agent).newest_first()
    plan = _plan(rows[:50])
    assert "conversation_mine" in plan or "conversation_tab" in plan


def test_a_thread(full: Conversation) -> None:
    newest = Message.objects.filter(conversation=full).for_thread()
    assert "message_thread" in _plan(newest[:50])
    assert "message_thread" in _plan(newest.before(newest[0])[:50])


def test_the_sender_finds_its_work(full: Conversation) -> None:
    mine = Message.objects.filter(session=full.session)
    assert "message_outbox" in _plan(mine.queued()[:1])
    assert "message_to_acknowledge" in _plan(mine.to_acknowledge().order_by("pk")[:200])


def test_failed_arrivals(full: Conversation) -> None:
    assert "arrival_failed" in _plan(Arrival.objects.failed().order_by("-pk")[:50])


def test_the_queue_and_its_next_page(full: Conversation) -> None:
    queue = panes.Look(tab="pendentes").query(SupervisorFactory())
    assert "conversation_queue" in _plan(queue.longest_waiting_first()[:50])
    first = queue.longest_waiting_first()[0]
    after = panes.position(first)
    assert "conversation_queue" in _plan(queue.longest_waiting_first(after)[:50])


def test_a_message_by_its_whatsapp_id_alone(full: Conversation) -> None:
    assert "one_message_per_wa_id" in _plan(Message.objects.filter(wa_id="3EB0")[:50])


def test_a_person_by_lid_and_telephone(full: Conversation) -> None:
    people = [Person(of_phone(f"551199001{n:04}"), f"77{n}", f"551199001{n:04}") for n in range(99)]
    identify((person, "") for person in people)
    plan = _plan(known_addresses(people[0]), bitmaps=True)
    assert "Index Cond: (((kind)::text" in plan
    assert "Seq Scan" not in plan


def test_the_queues_of_the_numbers(full: Conversation) -> None:
    assert "message_outbox" in _plan(numbers_with_queue())


def test_what_a_page_has_missed(full: Conversation) -> None:
    announce.announce([Change(kind="conversation_changed", conversation_id=full.pk)] * 900)
    assert "change_since" in _plan(Change.objects.since(announce.cursor())[:501])
    assert "change_since" in _plan(Change.objects.unseen(announce.snapshot()))
