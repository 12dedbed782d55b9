"""What messages do to attendances and to the queue: opening, waiting, answering on the phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.factories import SupervisorFactory
from live.models import Change
from whatsapp.contents import Text
from whatsapp.events import MessageReceived, Person
from whatsapp.gateway import codes
from whatsapp.jid import parse
from whatsapp.models import (
    Arrival,
    Attendance,
    AttendanceEvent,
    Conversation,
    EventKind,
    Message,
    Outcome,
    Session,
    Status,
)
from whatsapp.tests import payloads
from whatsapp.tests.conftest import LID
from whatsapp.worker import inbox, receive
from whatsapp.worker.receive import Applied, Heard, Opened
from whatsapp.worker.spool import Spool

Hear = Callable[..., None]
NOW = timezone.now().replace(microsecond=0)
OTHER = "200000000000002@lid"


def _at(seconds: int) -> float:
    return (NOW + timedelta(seconds=seconds)).timestamp()


def _customer(seconds: int, chat: str = LID, **more: Any) -> bytes:
    return payloads.message(chat, f"pergunta {seconds}", at=_at(seconds), **more)


def _phone(seconds: int, chat: str = LID, **more: Any) -> bytes:
    return payloads.message(chat, f"resposta {seconds}", from_me=True, at=_at(seconds), **more)


def _steps() -> list[tuple[str, dict[str, str]]]:
    steps = AttendanceEvent.objects.order_by("pk")
    assert not steps.exclude(by=None, to=None).exists()
    return [(step.kind, step.data) for step in steps]


@pytest.fixture
def absorb(session: Session, spool: Spool) -> Callable[..., Applied]:
    """Let bytes arrive in one batch; returns what it did."""

    def absorb(*batch: bytes) -> Applied:
        for payload in batch:
            spool.append(codes.MESSAGE, payload)
        taken = spool.head(len(batch))
        applied = inbox.absorb(session, spool.id, taken)
        spool.forget(taken[-1].seq)
        return applied

    return absorb


@pytest.mark.django_db
def test_calling_a_handler_writes_and_returns_the_changes(session: Session) -> None:
    person = Person(parse(LID), lid=parse(LID).lid)
    arrival = Arrival.objects.create(
        session=session, spool="00000000-0000-0000-0000-000000000001", seq=1, code=17, payload=b""
    )
    event = MessageReceived(person, "W1", NOW, Text("Oi"))
    applied = receive.HANDLERS[MessageReceived](session, [Heard(arrival.pk, event)])
    message = Message.objects.get()
    assert message.arrival == arrival
    assert [change.subject_id for change in applied.changes] == [message.pk, None]
    assert not Change.objects.exists()  # telling is the caller's


def test_an_opened_attendance_is_reported_and_has_its_event(
    absorb: Callable[..., Applied],
) -> None:
    applied = absorb(_customer(0), _customer(1, OTHER), _customer(2))
    opened = sorted(applied.opened, key=lambda one: one.attendance_id)
    attendances = Attendance.objects.order_by("pk")
    assert opened == [Opened(one.conversation_id, one.pk) for one in attendances]
    assert len(opened) == 2
    for attendance in attendances:
        assert attendance.events.get().kind == EventKind.OPENED
    assert absorb(_customer(3)).opened == []
    assert AttendanceEvent.objects.count() == 2


def test_a_message_in_a_finished_conversation_opens_the_next(
    absorb: Callable[..., Applied],
) -> None:
    absorb(_customer(0))
    ana = SupervisorFactory()
    conversation = Conversation.objects.get()
    conversation.claim(ana)
    conversation.finish(ana, Outcome.SOLD)
    assert absorb(_phone(1)).opened == []
    assert Conversation.objects.get().status == Status.CLOSED
    opened = absorb(_customer(2)).opened
    assert [one.attendance_id for one in opened] == [Attendance.objects.latest("pk").pk]


def test_a_conversation_waits_since_its_first_unanswered_message(hear: Hear) -> None:
    hear(_customer(0), _customer(5))
    hear(_customer(9))
    assert Conversation.objects.get().waiting_since == NOW


def test_who_is_in_somebodys_hands_waits_as_well(hear: Hear) -> None:
    hear(_customer(0), _phone(1))
    Conversation.objects.get().claim(SupervisorFactory())
    hear(_customer(2), _customer(3))
    conversation = Conversation.objects.get()
    assert conversation.status == Status.ACTIVE
    assert conversation.waiting_since == NOW + timedelta(seconds=2)


@pytest.mark.parametrize("batches", [1, 2])
def test_an_answer_on_the_phone_ends_the_wait(hear: Hear, batches: int) -> None:
    if batches == 1:
        hear(_customer(0), _phone(20))
    else:
        hear(_customer(0))
        hear(_phone(20))
    conversation = Conversation.objects.get()
    assert (conversation.status, conversation.waiting_since) == (Status.PENDING, None)
    attendance = Attendance.objects.get()
    assert attendance.first_answer_at is not None
    assert attendance.first_answer_at >= attendance.opened_at
    assert _steps() == [(EventKind.OPENED, {}), (EventKind.ANSWERED, {"origin": "phone"})]


def test_only_the_first_answer_is_a_step(hear: Hear) -> None:
    hear(_customer(0), _phone(20), _phone(21))
    first = Attendance.objects.get().first_answer_at
    hear(_phone(30))
    assert Attendance.objects.get().first_answer_at == first
    assert AttendanceEvent.objects.filter(kind=EventKind.ANSWERED).count() == 1


@pytest.mark.parametrize("batches", [1, 2])
def test_who_writes_after_the_answer_waits_since_then(hear: Hear, batches: int) -> None:
    arrivals = [_customer(0), _phone(20), _customer(30), _customer(40)]
    for batch in [arrivals] if batches == 1 else [arrivals[:2], arrivals[2:]]:
        hear(*batch)
    conversation = Conversation.objects.get()
    assert conversation.waiting_since == NOW + timedelta(seconds=30)
    assert conversation.unread_count == 2


def test_what_the_phone_wrote_before_the_customer_is_no_answer(hear: Hear) -> None:
    hear(_phone(0), _customer(10))
    assert Conversation.objects.get().waiting_since == NOW + timedelta(seconds=10)
    assert Attendance.objects.get().first_answer_at is None
    assert _steps() == [(EventKind.OPENED, {})]


def test_the_next_in_the_queue_is_somebody_who_was_not_answered(hear: Hear) -> None:
    hear(_customer(0), _phone(1), _customer(2, OTHER))
    ana = SupervisorFactory()
    claimed = Conversation.claim_next(ana)
    assert claimed is not None
    assert claimed.chat_jid == OTHER
    assert Conversation.claim_next(ana) is None
    hear(_customer(3))
    again = Conversation.claim_next(ana)
    assert again is not None
    assert again.chat_jid == LID


def test_a_quote_reaches_only_into_its_own_conversation(hear: Hear) -> None:
    hear(_customer(0, wa_id="SECRET"))
    quoting = payloads.Content()
    quoting.extendedTextMessage.text = "o que é isto?"
    quoting.extendedTextMessage.contextInfo.stanzaID = "SECRET"
    hear(payloads.message(OTHER, content=quoting), payloads.message(LID, content=quoting))
    theirs, own = Message.objects.filter(body="o que é isto?").order_by("pk")
    assert theirs.reply_to is None
    assert own.reply_to is not None
    assert own.reply_to.wa_id == "SECRET"


def test_a_poll_vote_reopens_nothing(hear: Hear) -> None:
    hear(_customer(0))
    ana = SupervisorFactory()
    Conversation.objects.get().claim(ana)
    Conversation.objects.get().finish(ana, Outcome.SOLD)
    vote = payloads.Content()
    vote.pollUpdateMessage.senderTimestampMS = 1
    hear(payloads.message(LID, content=vote))
    assert Conversation.objects.get().status == Status.CLOSED
    assert Attendance.objects.count() == 1
