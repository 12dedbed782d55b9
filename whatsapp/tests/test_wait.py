"""Since when a customer waits: the same by the verbs of a conversation and by the wire's SQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.factories import AgentFactory
from whatsapp.factories import ConversationFactory
from whatsapp.models import (
    Conversation,
    Delivery,
    EventKind,
    Message,
    Origin,
    Outcome,
    Session,
    Status,
)
from whatsapp.tests import payloads
from whatsapp.tests.conftest import LID

pytestmark = pytest.mark.django_db
Hear = Callable[..., None]


def _pending(hear: Hear, ana: Any) -> Conversation:
    hear(payloads.message(LID, "pergunta"))
    return Conversation.objects.get()


def _claimed(hear: Hear, ana: Any) -> Conversation:
    conversation = _pending(hear, ana)
    conversation.claim(ana)
    return conversation


def _answered(hear: Hear, ana: Any) -> Conversation:
    conversation = _claimed(hear, ana)
    conversation.write(ana, "resposta", "primeira")
    return conversation


def _closed(hear: Hear, ana: Any) -> Conversation:
    conversation = _answered(hear, ana)
    conversation.finish(ana, Outcome.SOLD)
    return conversation


def _asks(hear: Hear, conversation: Conversation, ana: Any) -> None:
    hear(payloads.message(LID, "outra pergunta"))


def _from_phone(hear: Hear, conversation: Conversation, ana: Any) -> None:
    hear(payloads.message(LID, "do celular", from_me=True))


def _from_desk(hear: Hear, conversation: Conversation, ana: Any) -> None:
    if conversation.status == Status.CLOSED:
        conversation.reopen(ana)
    conversation.write(None, "da mesa", "outra")


# What was, what happens, and what the conversation then waits for: the first question, a second
# one, or nothing. An answer ends the wait whoever gives it and wherever.
WAITS: list[tuple[Any, Any, Status, str]] = [
    (_pending, _asks, Status.PENDING, "pergunta"),
    (_pending, _from_phone, Status.PENDING, ""),
    (_pending, _from_desk, Status.PENDING, ""),
    (_claimed, _asks, Status.ACTIVE, "pergunta"),
    (_claimed, _from_phone, Status.ACTIVE, ""),
    (_claimed, _from_desk, Status.ACTIVE, ""),
    (_answered, _asks, Status.ACTIVE, "outra pergunta"),
    (_answered, _from_phone, Status.ACTIVE, ""),
    (_answered, _from_desk, Status.ACTIVE, ""),
    (_closed, _asks, Status.PENDING, "outra pergunta"),
    (_closed, _from_phone, Status.CLOSED, ""),
    (_closed, _from_desk, Status.ACTIVE, ""),
]


@pytest.mark.parametrize(("before", "step", "status", "question"), WAITS)
def test_a_wait_lasts_from_the_first_question_to_an_answer(
    hear: Hear, before: Any, step: Any, status: Status, question: str
) -> None:
    ana = AgentFactory()
    conversation = before(hear, ana)
    holder = conversation.assigned_to_id
    step(hear, conversation, ana)
    conversation.refresh_from_db()
    assert conversation.status == status
    asked = Message.objects.get(body=question).at if question else None
    assert conversation.waiting_since == asked
    # The messages alone say the same.
    assert conversation.status == Status.CLOSED or asked == conversation.messages.unanswered_since()
    if status == Status.ACTIVE:
        assert conversation.assigned_to_id == (holder or ana.pk)
    if status == Status.PENDING:
        assert conversation.assigned_to_id is None


def test_a_question_after_the_phones_answer_waits_within_one_batch(hear: Hear) -> None:
    hear(payloads.message(LID, "um"))
    hear(payloads.message(LID, "resposta", from_me=True), payloads.message(LID, "dois"))
    asked = Message.objects.get(body="dois").at
    assert Conversation.objects.get().waiting_since == asked


def test_claiming_and_handing_on_do_not_stop_the_clock(client: Browser) -> None:
    ana, bruno = AgentFactory(), AgentFactory()
    since = timezone.now() - timedelta(minutes=20)
    conversation: Any = ConversationFactory(waiting_since=since)
    for step in (
        lambda: conversation.claim(ana),
        lambda: conversation.transfer(ana, bruno),
        lambda: conversation.transfer(bruno, None),
        lambda: conversation.claim(ana),
    ):
        step()
        assert conversation.waiting_since == since
    client.force_login(ana)
    rows = client.get(reverse("rows"), {"aba": "ativos"}).content.decode()
    assert "Sem resposta há" in rows
    assert "20 min" in rows
    assert "is-danger" in rows
    page = client.get(reverse("conversation", args=[conversation.pk])).content.decode()
    assert "sem resposta há 20 min" in " ".join(page.split())
    conversation.write(ana, "Bom dia", "chave")
    assert conversation.waiting_since is None
    assert "Sem resposta há" not in client.get(reverse("rows"), {"aba": "ativos"}).content.decode()


def test_the_order_of_active_ones_stays_by_last_message(client: Browser) -> None:
    ana = AgentFactory()
    late, new = ConversationFactory(), ConversationFactory()
    for one in (new, late):
        one.claim(ana)
    Conversation.objects.filter(pk=late.pk).update(
        waiting_since=timezone.now() - timedelta(hours=3)
    )
    client.force_login(ana)
    rows = client.get(reverse("rows"), {"aba": "ativos"}).context["conversations"]
    assert list(rows) == [new, late]


def test_a_machines_greeting_is_no_answer() -> None:
    since = timezone.now()
    conversation: Any = ConversationFactory(waiting_since=since)
    conversation.write(None, "Já atendemos você.", "saudação", origin=Origin.AUTO)
    assert conversation.waiting_since == since
    assert conversation.open_attendance.first_answer_at is None


def test_a_discarded_answer_answers_nothing(hear: Hear, session: Session) -> None:
    ana = AgentFactory()
    conversation = _claimed(hear, ana)
    since = conversation.waiting_since
    message = conversation.write(ana, "resposta", "chave")
    assert conversation.waiting_since is None
    assert Message.objects.get(pk=message.pk).discard(ana)
    conversation.refresh_from_db()
    assert conversation.waiting_since == since
    assert Message.objects.get(pk=message.pk).delivery == Delivery.DISCARDED


def test_reopened_without_an_answer_the_wait_is_still_of_the_first_question(hear: Hear) -> None:
    ana = AgentFactory()
    conversation = _claimed(hear, ana)
    since = conversation.waiting_since
    conversation.finish(ana, Outcome.NO_REPLY)
    conversation.reopen(ana)
    assert since is not None
    assert conversation.waiting_since == since


def test_an_answer_discarded_after_the_end_leaves_the_wait_to_the_reopening(hear: Hear) -> None:
    ana = AgentFactory()
    conversation = _claimed(hear, ana)
    since = conversation.waiting_since
    message = conversation.write(ana, "resposta", "chave")
    conversation.finish(ana, Outcome.SOLD)
    assert Message.objects.get(pk=message.pk).discard(ana)
    conversation.reopen(ana)
    assert conversation.waiting_since == since


def _fail(message: Message) -> Message:
    message = Message.objects.get(pk=message.pk)
    assert message.begin_sending()
    message.mark_failed("O número não existe.")
    return message


def test_a_failed_answer_answers_nothing_until_it_is_sent_again(hear: Hear) -> None:
    ana = AgentFactory()
    conversation = _claimed(hear, ana)
    since = conversation.waiting_since
    message = _fail(conversation.write(ana, "resposta", "chave"))
    conversation.refresh_from_db()
    assert conversation.waiting_since == since == conversation.messages.unanswered_since()
    assert message.resend(ana)
    conversation.refresh_from_db()
    assert conversation.waiting_since is None


def test_an_uncertain_answer_answers_until_it_is_discarded(hear: Hear) -> None:
    ana = AgentFactory()
    conversation = _claimed(hear, ana)
    since = conversation.waiting_since
    message = Message.objects.get(pk=conversation.write(ana, "resposta", "chave").pk)
    message.begin_sending()
    message.mark_uncertain("?")
    conversation.refresh_from_db()
    assert conversation.waiting_since is None
    assert message.discard(ana)
    conversation.refresh_from_db()
    assert conversation.waiting_since == since


def test_the_failure_of_an_answer_takes_the_wait_back_before_later_questions(hear: Hear) -> None:
    ana = AgentFactory()
    conversation = _claimed(hear, ana)
    since = conversation.waiting_since
    message = conversation.write(ana, "resposta", "chave")
    hear(payloads.message(LID, "outra pergunta"))
    _fail(message)
    conversation.refresh_from_db()
    assert conversation.waiting_since == since


@pytest.mark.parametrize("given_up", [_fail, lambda m: m.discard(m.author)])
def test_an_answer_that_never_left_is_not_the_first(hear: Hear, given_up: Any) -> None:
    ana, bruno = AgentFactory(), AgentFactory()
    conversation = _claimed(hear, ana)
    given_up(conversation.write(ana, "resposta", "chave"))
    attendance = conversation.attendances.get()
    assert attendance.first_answer_at is None
    assert not attendance.events.filter(kind=EventKind.ANSWERED).exists()
    conversation.claim(bruno, ana)
    later = conversation.write(bruno, "agora sim", "outra chave")
    attendance.refresh_from_db()
    assert attendance.first_answer_at == later.at
    assert attendance.events.get(kind=EventKind.ANSWERED).by == bruno


def test_the_next_answer_becomes_the_first_when_the_first_fails(hear: Hear) -> None:
    ana = AgentFactory()
    conversation = _claimed(hear, ana)
    first = conversation.write(ana, "resposta", "chave")
    second = conversation.write(ana, "e mais", "outra chave")
    conversation.finish(ana, Outcome.SOLD)
    _fail(first)
    attendance = conversation.attendances.get()
    assert attendance.first_answer_at == second.at
    assert attendance.events.get(kind=EventKind.ANSWERED).at == second.at


def test_who_was_answered_waits_from_the_moment_of_the_return(hear: Hear) -> None:
    ana = AgentFactory()
    conversation = _answered(hear, ana)
    before = timezone.now()
    conversation.transfer(ana, None)
    assert conversation.waiting_since is not None
    assert conversation.waiting_since >= before
