from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from neonize.proto import Neonize_pb2 as pb
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message as Content

from accounts.factories import AgentFactory, SupervisorFactory
from accounts.models import Role
from live.models import Change, ChangeKind
from whatsapp import jid
from whatsapp.events import Person
from whatsapp.gateway import codes
from whatsapp.models import (
    Arrival,
    ArrivalState,
    Attendance,
    Contact,
    Conversation,
    Delivery,
    Kind,
    LeaseLost,
    Message,
    Origin,
    Outcome,
    Session,
    Status,
    StrayReceipt,
)
from whatsapp.models.identify import identify
from whatsapp.models.merge import merge
from whatsapp.tests import payloads
from whatsapp.tests.conftest import LID, PHONE
from whatsapp.worker import inbox
from whatsapp.worker.spool import Spool

Hear = Callable[..., None]


def test_first_message_opens_a_pending_conversation(hear: Hear) -> None:
    hear(payloads.message(LID, "Bom dia", alt=PHONE, name="Marina"))
    conversation = Conversation.objects.get()
    assert conversation.status == Status.PENDING
    assert conversation.unread_count == 1
    assert conversation.last_message is not None
    assert conversation.last_message.body == "Bom dia"
    assert conversation.waiting_since == conversation.last_message.at
    assert conversation.open_attendance is not None
    assert conversation.contact.push_name == "Marina"
    assert conversation.contact.phone == "5511990010001"


def test_second_arrival_changes_nothing(hear: Hear) -> None:
    twice = payloads.message(LID, "Oi", wa_id="SAME")
    hear(twice, twice)
    hear(twice)
    assert Message.objects.count() == 1
    assert Conversation.objects.get().unread_count == 1


def test_same_spool_row_again_changes_nothing(session: Session, spool: Spool) -> None:
    spool.append(codes.MESSAGE, payloads.message(LID))
    batch = spool.head(10)
    inbox.absorb(session, spool.id, batch)
    inbox.absorb(session, spool.id, batch)
    assert Arrival.objects.count() == 1
    assert Change.objects.filter(kind=ChangeKind.MESSAGE_ADDED).count() == 1


def test_burst_from_many_customers_counts_exactly(hear: Hear) -> None:
    customers = [f"3000000000000{n:02}@lid" for n in range(50)]
    hear(*[payloads.message(customers[n % 50], f"m{n}") for n in range(1000)])
    assert Message.objects.count() == 1000
    assert set(Conversation.objects.values_list("unread_count", flat=True)) == {20}
    for conversation in Conversation.objects.all():
        bodies = conversation.messages.order_by("at", "pk").values_list("body", flat=True)
        numbers = [int(body[1:]) for body in bodies]
        assert numbers == sorted(numbers)


def test_a_new_message_in_a_finished_conversation_opens_an_attendance(
    hear: Hear, django_user_model: type
) -> None:
    agent = django_user_model.objects.create(username="ana")  # type: ignore[attr-defined]
    hear(payloads.message(LID))
    conversation = Conversation.objects.get()
    conversation.claim(agent)
    conversation.finish(agent, Outcome.SOLD)
    hear(payloads.message(LID, "voltei"))
    conversation.refresh_from_db()
    assert conversation.status == Status.PENDING
    assert conversation.assigned_to is None
    assert Attendance.objects.count() == 2


def test_phone_and_lid_of_one_person_are_one_conversation(hear: Hear) -> None:
    hear(payloads.message(PHONE), payloads.message(LID))
    assert Conversation.objects.count() == 2
    hear(payloads.message(LID, alt=PHONE))
    contact = Contact.objects.get()
    assert contact.merges.count() == 1
    conversation = Conversation.objects.get()
    assert conversation.unread_count == 3
    assert conversation.messages.count() == 3


@pytest.mark.parametrize("claimed", [0, 1])
def test_a_merge_leaves_the_conversation_with_whoever_claimed_it(hear: Hear, claimed: int) -> None:
    hear(payloads.message(PHONE))
    hear(payloads.message(LID))
    ana = AgentFactory()
    Conversation.objects.order_by("pk")[claimed].claim(ana)
    waits = [one.waiting_since for one in Conversation.objects.all() if one.waiting_since]
    hear(payloads.message(LID, alt=PHONE))
    conversation = Conversation.objects.get()
    assert (conversation.status, conversation.assigned_to) == (Status.ACTIVE, ana)
    assert conversation.waiting_since == min(waits)
    assert conversation.attendances.filter(finished_at=None).get().agent == ana
    assert conversation.attendances.count() == 2


def test_a_merge_within_a_batch_reaches_who_was_found_before_it(hear: Hear) -> None:
    hear(payloads.message(PHONE), payloads.message(LID))
    lid, phone = LID.partition("@")[0], PHONE.partition("@")[0]
    by_phone = Person(jid.parse(PHONE), phone=phone)
    by_lid, both = Person(jid.parse(LID), lid=lid), Person(jid.parse(LID), lid, phone)
    found = identify([(by_lid, ""), (by_phone, ""), (both, "")])
    assert set(found.values()) == {Contact.objects.get()}


def test_a_merge_keeps_what_an_agent_has_just_changed(hear: Hear) -> None:
    hear(payloads.message(PHONE), payloads.message(LID))
    one, other = Contact.objects.order_by("pk")
    Contact.objects.get(pk=one.pk).rename(AgentFactory(role=Role.SUPERVISOR), "Dona Marina")
    merge(one, other, "mesma pessoa")
    assert Contact.objects.get().name == "Dona Marina"


def test_a_merge_keeps_the_longer_wait(hear: Hear) -> None:
    hear(payloads.message(PHONE))
    first = Conversation.objects.get().waiting_since
    hear(payloads.message(LID))
    hear(payloads.message(LID, alt=PHONE))
    assert Conversation.objects.get().waiting_since == first


def test_ninth_digit_makes_no_second_contact(hear: Hear) -> None:
    hear(payloads.message("551190010001@s.whatsapp.net"), payloads.message(PHONE))
    assert Contact.objects.count() == 1


def test_recycled_phone_follows_its_new_owner(hear: Hear) -> None:
    hear(payloads.message(LID, alt=PHONE))
    hear(payloads.message("200000000000002@lid", alt=PHONE))
    old, new = Contact.objects.order_by("pk")
    assert (old.phone, new.phone) == ("", "5511990010001")


def test_hidden_number_shows_no_phone(hear: Hear) -> None:
    hear(payloads.message(LID, name="Loja"))
    assert Contact.objects.get().phone_masked == ""
    assert Contact.objects.get().display_name == "Loja"


@pytest.mark.parametrize(
    "payload",
    [
        payloads.message("123@g.us", group=True),
        payloads.message("status@broadcast", group=True),
        payloads.message("123@newsletter"),
        payloads.message(LID, category="peer", from_me=True),
        payloads.message(LID, content=Content()),
    ],
    ids=["group", "status", "newsletter", "peer", "empty"],
)
def test_what_is_no_direct_chat_opens_no_conversation(hear: Hear, payload: bytes) -> None:
    hear(payload)
    assert not Conversation.objects.exists()
    assert Arrival.objects.get().state == ArrivalState.IGNORED


def test_own_phone_message_is_shown_and_clears_unread(hear: Hear) -> None:
    hear(payloads.message(LID, "Oi"), payloads.message(LID, "Respondi", from_me=True))
    answer = Message.objects.get(body="Respondi")
    assert (answer.origin, answer.delivery) == (Origin.PHONE, Delivery.SENT)
    assert Conversation.objects.get().unread_count == 0
    assert not Message.objects.to_acknowledge().exists()


def test_placeholder_is_replaced_when_the_real_one_comes(hear: Hear) -> None:
    hear(payloads.undecryptable(LID, wa_id="X"), code=codes.UNDECRYPTABLE)
    placeholder = Message.objects.get()
    assert placeholder.kind == Kind.UNDECRYPTABLE
    hear(payloads.message(LID, "agora sim", wa_id="X"))
    placeholder.refresh_from_db()
    assert (placeholder.kind, placeholder.body) == (Kind.TEXT, "agora sim")
    assert Conversation.objects.get().unread_count == 1


def test_a_filled_placeholder_shows_what_it_quotes(hear: Hear) -> None:
    hear(payloads.message(LID, "Qual plano?", wa_id="ASKED"))
    hear(payloads.undecryptable(LID, wa_id="X"), code=codes.UNDECRYPTABLE)
    answer = Content()
    answer.extendedTextMessage.text = "Este"
    answer.extendedTextMessage.contextInfo.stanzaID = "ASKED"
    hear(payloads.message(LID, content=answer, wa_id="X"))
    filled = Message.objects.select_related("reply_to").get(wa_id="X")
    assert filled.reply_to is not None
    assert filled.reply_to.wa_id == "ASKED"


def test_unknown_kind_is_a_generic_bubble_with_its_bytes(hear: Hear) -> None:
    strange = Content()
    strange.eventMessage.name = "Feira"
    hear(payloads.message(LID, content=strange))
    message = Message.objects.select_related("arrival").get()
    assert message.kind == Kind.UNKNOWN
    assert message.arrival is not None
    assert bytes(message.arrival.payload)


def test_poison_costs_nothing_else_and_can_be_rerun(hear: Hear) -> None:
    hear(payloads.message(LID, "um"), b"\xff\xff", payloads.message(LID, "dois"))
    assert list(Message.objects.order_by("pk").values_list("body", flat=True)) == ["um", "dois"]
    poison = Arrival.objects.failed().get()
    assert poison.error
    poison.payload = payloads.message(LID, "três")
    poison.save()
    inbox.rerun(poison, SupervisorFactory())
    assert Message.objects.filter(body="três").exists()
    assert not Arrival.objects.failed().exists()


@pytest.mark.parametrize("seconds", [1e12, 1e15])
def test_what_nobody_thought_of_costs_nothing_else(hear: Hear, seconds: float) -> None:
    hear(payloads.message(LID, "um"), payloads.message(LID, "daqui a eras", at=seconds))
    hear(payloads.message(LID, "dois"))
    assert list(Message.objects.order_by("pk").values_list("body", flat=True)) == ["um", "dois"]
    assert Arrival.objects.failed().get().error


def test_hostile_text_is_kept_without_its_nul(hear: Hear) -> None:
    hear(payloads.message(LID, "a\0b", name="Ma\0ria" + "x" * 500, wa_id="A\0" + "1" * 200))
    hear(payloads.receipt(LID, "B\0", kind=pb.Receipt.READ), code=codes.RECEIPT)
    message = Message.objects.get()
    assert (message.body, message.wa_id) == ("ab", "A" + "1" * 127)
    assert Contact.objects.get().push_name.startswith("Mariax")
    assert StrayReceipt.objects.get().wa_id == "B"
    assert not Arrival.objects.failed().exists()


def test_fenced_worker_writes_nothing(session: Session, spool: Spool) -> None:
    spool.append(codes.MESSAGE, payloads.message(LID))
    Session.objects.filter(pk=session.pk).update(lease_epoch=session.lease_epoch + 1)
    with pytest.raises(LeaseLost):
        inbox.drain(session, spool)
    assert spool.depth() == 1
    assert not Arrival.objects.exists()


def test_new_spool_file_never_repeats_an_old_sequence(session: Session, spool: Spool) -> None:
    spool.append(codes.MESSAGE, payloads.message(LID, wa_id="A"))
    inbox.absorb(session, uuid4(), spool.head(1))
    inbox.absorb(session, uuid4(), spool.head(1))
    assert Arrival.objects.count() == 2
    assert Message.objects.count() == 1


def _sent(hear: Hear, wa_id: str) -> Message:
    hear(payloads.message(LID))
    message = Conversation.objects.get().write(None, "Proposta", "key")
    message.begin_sending()
    message.mark_sent(wa_id, message.at)
    return message


def test_receipts_only_move_forward(hear: Hear) -> None:
    message = _sent(hear, "OUT1")
    for kind in (pb.Receipt.READ, pb.Receipt.DELIVERED):
        hear(payloads.receipt(LID, "OUT1", kind=kind), code=codes.RECEIPT)
    message.refresh_from_db()
    assert message.delivery == Delivery.READ


def test_receipt_that_overtakes_its_message_is_applied_later(hear: Hear) -> None:
    hear(payloads.message(LID))
    hear(payloads.receipt(LID, "EARLY", kind=pb.Receipt.DELIVERED), code=codes.RECEIPT)
    message = Conversation.objects.get().write(None, "Proposta", "key")
    message.begin_sending()
    message.mark_sent("EARLY", message.at)
    assert message.delivery == Delivery.DELIVERED


def test_receipt_that_came_before_the_crash_proves_the_message(hear: Hear) -> None:
    hear(payloads.message(LID))
    hear(payloads.receipt(LID, "CUT", kind=pb.Receipt.READ), code=codes.RECEIPT)
    message = Conversation.objects.get().write(None, "Proposta", "key")
    message.begin_sending()
    message.mark_uncertain("O envio foi interrompido no meio.", "CUT")
    assert (message.delivery, message.error) == (Delivery.READ, "")


def test_receipts_that_belong_to_nothing_are_forgotten(hear: Hear) -> None:
    hear(payloads.receipt(LID, "NOW", kind=pb.Receipt.READ), code=codes.RECEIPT)
    hear(payloads.receipt(LID, "LONG-AGO", kind=pb.Receipt.READ), code=codes.RECEIPT)
    StrayReceipt.objects.filter(wa_id="LONG-AGO").update(at=timezone.now() - timedelta(days=3))
    StrayReceipt.objects.filter(wa_id="NOW").update(at=timezone.now())
    StrayReceipt.objects.forgotten().delete()
    assert StrayReceipt.objects.get().wa_id == "NOW"


def test_receipt_settles_an_uncertain_message(hear: Hear) -> None:
    hear(payloads.message(LID))
    message = Conversation.objects.get().write(None, "Proposta", "key")
    message.begin_sending()
    message.mark_uncertain("?", "OUT2")
    hear(payloads.receipt(LID, "OUT2", kind=pb.Receipt.DELIVERED), code=codes.RECEIPT)
    message.refresh_from_db()
    assert message.delivery == Delivery.DELIVERED


def test_reading_on_the_phone_clears_unread(hear: Hear) -> None:
    hear(payloads.message(LID, wa_id="IN1"), payloads.message(LID, wa_id="IN2"))
    hear(payloads.receipt(LID, "IN1", kind=pb.Receipt.READ_SELF, from_me=True), code=codes.RECEIPT)
    assert Conversation.objects.get().unread_count == 1
