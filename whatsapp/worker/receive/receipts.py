"""Receipts: our messages move forward, and what was read on our own phone is seen."""

from __future__ import annotations

from collections.abc import Sequence

from live import announce
from live.models import Change, ChangeKind
from whatsapp.events import Receipt
from whatsapp.models import Conversation, Direction, Message, Session, StrayReceipt
from whatsapp.worker.receive.applied import Applied, Heard


def receive(session: Session, run: Sequence[Heard[Receipt]]) -> Applied:
    """Apply each receipt; those whose message is not known yet are kept for it."""
    applied = Applied()
    for one in run:
        act = _read_here if one.event.by_us else _move
        applied.changes += act(session, one.event)
    return applied


def _move(session: Session, receipt: Receipt) -> list[Change]:
    """Move our messages forward, never back."""
    wa_ids = list(receipt.wa_ids)
    moved = Message.objects.advance(session.pk, wa_ids, receipt.delivery, receipt.at)
    _keep_strays(session, receipt)
    return [
        announce.of_message(
            ChangeKind.MESSAGE_CHANGED, session.pk, message.conversation_id, message.pk
        )
        for message in moved
    ]


def _keep_strays(session: Session, receipt: Receipt) -> None:
    """A receipt may overtake the answer that tells us the id of the message we have just sent."""
    # Also those that did not move: kept is only what no message here bears. What the phone sent
    # before it was linked is among it, until it is `forgotten`.
    mine = Message.objects.filter(session=session, wa_id__in=receipt.wa_ids)
    known = set(mine.values_list("wa_id", flat=True))
    StrayReceipt.objects.bulk_create(
        [
            StrayReceipt(session=session, wa_id=wa_id, delivery=receipt.delivery, at=receipt.at)
            for wa_id in receipt.wa_ids
            if wa_id not in known
        ],
        ignore_conflicts=True,
    )


def _read_here(session: Session, receipt: Receipt) -> list[Change]:
    """Read on our own phone: everything up to those messages is seen, and no receipt is due."""
    newest: dict[int, int] = {}
    named = Message.objects.filter(
        session=session, wa_id__in=receipt.wa_ids, direction=Direction.IN
    )
    for pk, conversation in named.order_by("pk").values_list("pk", "conversation_id"):
        newest[conversation] = pk
    # Before their messages, and by id, as agents' verbs lock them: no ring of waiting.
    list(Conversation.objects.filter(pk__in=newest).select_for_update(no_key=True).order_by("pk"))
    for conversation, upto in newest.items():
        unseen = Message.objects.filter(
            conversation=conversation, direction=Direction.IN, seen_at=None
        )
        unseen.filter(pk__lte=upto).update(seen_at=receipt.at, receipt_sent_at=receipt.at)
        # Counted anew: some of those above may have been seen before.
        left = unseen.filter(pk__gt=upto).count()
        Conversation.objects.filter(pk=conversation).update(unread_count=left)
    return [announce.of_conversation(session.pk, conversation) for conversation in newest]
