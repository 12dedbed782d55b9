from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.factories import AgentFactory, SupervisorFactory
from accounts.models import AuditEntry
from whatsapp.factories import ConversationFactory
from whatsapp.models import (
    AttendanceEvent,
    Conversation,
    Direction,
    EventKind,
    Message,
    Outcome,
    Reason,
    step_words,
)
from whatsapp.models.merge import merge

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> Any:
    return AgentFactory(first_name="Ana")


@pytest.fixture
def bia() -> Any:
    return AgentFactory(first_name="Bia")


def _kinds(conversation: Conversation) -> list[str]:
    events = AttendanceEvent.objects.filter(attendance__conversation=conversation)
    return list(events.values_list("kind", flat=True))


def test_rows_alone_tell_who_had_it_and_for_how_long(ana: Any, bia: Any) -> None:
    conversation: Any = ConversationFactory()
    conversation.claim(ana)
    conversation.transfer(ana, bia)
    conversation.finish(bia, Outcome.SOLD)
    start = timezone.now() - timedelta(hours=1)
    for minutes, kind in ((0, "claimed"), (10, "transferred"), (40, "finished")):
        at = start + timedelta(minutes=minutes)
        AttendanceEvent.objects.filter(kind=kind).update(at=at)
    rows: Any = AttendanceEvent.objects.tenures()
    had = [(row.to, row.until - row.at) for row in rows]
    assert had == [(ana, timedelta(minutes=10)), (bia, timedelta(minutes=30))]
    handed = AttendanceEvent.objects.get(kind=EventKind.TRANSFERRED)
    assert (handed.by, handed.to, handed.data["from"]) == (ana, bia, ana.pk)


def test_who_has_it_still_has_no_end(ana: Any) -> None:
    conversation: Any = ConversationFactory()
    conversation.claim(ana)
    conversation.write(ana, "Oi", "chave")
    tenure: Any = AttendanceEvent.objects.tenures().get()
    assert (tenure.to, tenure.until) == (ana, None)


def test_each_step_is_a_row_and_no_sentence_is_stored(ana: Any, bia: Any) -> None:
    conversation: Any = ConversationFactory()
    conversation.claim(ana)
    conversation.write(ana, "Oi", "chave")
    conversation.write(ana, "Tudo bem?", "chave-2")
    conversation.claim(bia, ana)
    conversation.transfer(bia, None)
    conversation.claim(ana)
    conversation.finish(ana, Outcome.NO_REPLY)
    conversation.reopen(bia)
    assert _kinds(conversation) == [
        EventKind.CLAIMED,
        EventKind.ANSWERED,
        EventKind.TAKEN_OVER,
        EventKind.RELEASED,
        EventKind.CLAIMED,
        EventKind.FINISHED,
        EventKind.REOPENED,
    ]
    lines = Message.objects.filter(direction=Direction.SYSTEM)
    assert set(lines.values_list("body", flat=True)) == {""}
    assert lines.count() == 6
    assert not lines.filter(event=None).exists()
    assert conversation.attendances.last().first_answer_at is not None


def test_the_thread_says_who_did_what(ana: Any, bia: Any, client: Browser) -> None:
    conversation: Any = ConversationFactory()
    conversation.claim(ana)
    conversation.transfer(ana, bia, "cliente pede <b>fibra</b>")
    conversation.finish(bia, Outcome.SOLD)
    client.force_login(ana)
    page = client.get(reverse("conversation", args=[conversation.pk])).content.decode()
    number = f"<strong>#{conversation.attendances.get().pk}</strong>"
    assert f"<strong>Ana Souza</strong> assumiu o atendimento {number}" in page
    assert "<strong>Ana Souza</strong> transferiu para <strong>Bia Souza</strong>: " in page
    assert "“cliente pede &lt;b&gt;fibra&lt;/b&gt;”" in page
    assert "finalizou o atendimento: <strong>Venda fechada</strong>" in page


def test_a_name_is_never_read_as_a_verb(client: Browser) -> None:
    agent = AgentFactory(first_name="assumiu", last_name="{by} <i>")
    conversation: Any = ConversationFactory()
    conversation.claim(agent)
    conversation.finish(agent, Outcome.SOLD)
    client.force_login(agent)
    page = client.get(reverse("conversation", args=[conversation.pk])).content.decode()
    line = page[page.index("finalizou o atendimento") - 300 :]
    assert "#i-check-circle" in line[:300]
    assert "assumiu {by} &lt;i&gt;</strong> finalizou" in page


@pytest.mark.parametrize("kind", EventKind)
@pytest.mark.parametrize("by", [True, False])
def test_every_kind_has_a_sentence_and_an_icon(ana: Any, kind: EventKind, by: bool) -> None:
    attendance = ConversationFactory().open_attendance
    event = AttendanceEvent(attendance=attendance, kind=kind, by=ana if by else None)
    assert kind in step_words.ICONS
    assert "{" not in step_words.sentence(event)
    assert step_words.sentence(event) != kind.label


def test_ten_lines_cost_as_many_queries_as_one(
    ana: Any, bia: Any, client: Browser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    few: Any = ConversationFactory()
    many: Any = ConversationFactory()
    few.claim(ana)
    for _ in range(5):
        many.claim(ana)
        many.transfer(ana, bia)
        many.transfer(bia, None)
    client.force_login(SupervisorFactory())

    def read(conversation: Any) -> str:
        newest = conversation.messages.order_by("-pk").first()
        url = reverse("older", args=[conversation.pk])
        return client.get(url, {"antes": newest.pk}).content.decode()

    read(few)
    with django_assert_num_queries(7):
        read(few)
    with django_assert_num_queries(7):
        assert read(many).count('class="sys"') == 14


def test_each_verb_is_in_the_audit_once(ana: Any, bia: Any) -> None:
    conversation: Any = ConversationFactory()
    conversation.claim(ana)
    conversation.transfer(ana, bia)
    conversation.transfer(bia, None)
    conversation.claim(ana)
    conversation.finish(ana, Outcome.SOLD)
    conversation.reopen(bia)
    entries = AuditEntry.objects.filter(conversation_id=conversation.pk).order_by("pk")
    assert [(entry.verb, entry.old, entry.new) for entry in entries] == [
        ("conversation.claimed", "fila", "Ana Souza"),
        ("conversation.transferred", "Ana Souza", "Bia Souza"),
        ("conversation.released", "Bia Souza", "fila"),
        ("conversation.claimed", "fila", "Ana Souza"),
        ("conversation.finished", "Ana Souza", "Venda fechada"),
        ("conversation.reopened", "", "Bia Souza"),
    ]
    assert {entry.actor for entry in entries} == {ana, bia}


def test_who_loses_a_conversation_by_a_merge_reads_so(ana: Any, bia: Any) -> None:
    kept: Any = ConversationFactory()
    lost: Any = ConversationFactory(session=kept.session)
    kept.claim(ana)
    lost.claim(bia)
    ended = lost.open_attendance
    merge(kept.contact, lost.contact, "são a mesma pessoa")
    stays = Conversation.objects.get()
    assert (stays, stays.assigned_to) == (kept, ana)
    line: Any = stays.messages.filter(event__kind=EventKind.MERGED).for_thread().get()
    assert line.event.attendance == ended
    assert "que estava com Bia Souza, acabou aqui" in step_words.sentence(line.event)
    assert {row.to for row in AttendanceEvent.objects.tenures()} == {ana, bia}
    assert AuditEntry.objects.get(verb="conversation.merged").old == "Bia Souza"
    assert stays.attendances.filter(finished_at=None).get().agent == ana


def test_of_two_that_waited_the_older_attendance_ends_without_a_line() -> None:
    kept: Any = ConversationFactory()
    other: Any = ConversationFactory(session=kept.session)
    merge(kept.contact, other.contact, "são a mesma pessoa")
    event = AttendanceEvent.objects.get(kind=EventKind.MERGED)
    assert event.data == {"reason": Reason.QUEUED}
    assert not Message.objects.filter(event=event).exists()
