"""Queued messages become sent ones, one at a time for each number; read receipts go along.

A message is claimed (queued → sending) and committed before it is handed to WhatsApp, so a crash
leaves a *sending* row behind. `reconcile` then asks the key store what became of it: what never
left is queued again, what may have left is uncertain and the agent decides. Nothing is sent twice
behind the agent's back.
"""

from __future__ import annotations

import logging
import random
import time
from collections import defaultdict
from collections.abc import Callable

from django.conf import settings
from django.db import close_old_connections, transaction
from django.utils import timezone

from live.outage import AWAY, Outage
from whatsapp import jid
from whatsapp.contents import Quote, Text
from whatsapp.gateway.connection import Connection
from whatsapp.gateway.sending import NotSent, Unproved
from whatsapp.gateway.store import Store
from whatsapp.models import Conversation, Delivery, Direction, Message, Session

logger = logging.getLogger(__name__)

AWAY_PAUSE = 0.5
# How often one message may be tried before those behind it need not wait for it any longer.
TRIES = 4
NO_ANSWER = "O WhatsApp não confirmou o recebimento."


def reconcile(session: Session, store: Store) -> None:
    """Settle what a dead worker left in *sending*, by what the key store knows."""
    # Asked with the lease and before this process sends: they are all a dead worker's.
    for message in Message.objects.filter(session=session, delivery=Delivery.SENDING):
        wa_id = store.message_id(message.secret)
        with transaction.atomic():
            session.fence()
            if wa_id is None:
                message.put_back()
            else:
                message.mark_uncertain("O envio foi interrompido no meio.", wa_id)
        logger.info("message %s: %s after a restart", message.pk, message.delivery)


def send_next(session: Session, connection: Connection, store: Store) -> bool:
    """Send the oldest queued message; False when there is none, or it must wait for the link."""
    message = (
        Message.objects.filter(session=session)
        .queued()
        .select_related("conversation", "reply_to")
        .first()
    )
    if message is None:
        return False
    with transaction.atomic():
        session.fence()
        # Committed before WhatsApp hears of it: what a crash leaves is found by `reconcile`.
        claimed = message.begin_sending()
    # Discarded meanwhile: on to the next.
    if not claimed:
        return True
    return _deliver(session, connection, store, message)


def _deliver(session: Session, connection: Connection, store: Store, message: Message) -> bool:
    conversation = message.conversation
    try:
        connection.typing(conversation.chat_jid, composing=False)
        sent = connection.send(
            conversation.chat_jid, Text(message.body), message.secret, _quote(session, message)
        )
    except NotSent as error:
        return _not_sent(session, message, error)
    except Unproved as error:
        logger.warning("message %s is uncertain: %s", message.pk, error)
        wa_id = store.message_id(message.secret)
        # With its id, if the key store has one: then a receipt can still prove it.
        _record(session, lambda: message.mark_uncertain(NO_ANSWER, wa_id))
        return True
    _record(session, lambda: message.mark_sent(sent.wa_id, sent.at))
    return True


def _record(session: Session, mark: Callable[[], object]) -> None:
    """Write down what became of a message, however long PostgreSQL is away: only this thread knows
    it, and a row left in *sending* would be looked at no more before the next restart."""
    outage = Outage(f"number {session.pk}")
    while True:
        try:
            with transaction.atomic():
                session.fence()
                mark()
            outage.ended()
            return
        except AWAY as error:
            outage.report(error)
            time.sleep(AWAY_PAUSE)
            close_old_connections()


def _not_sent(session: Session, message: Message, error: NotSent) -> bool:
    again = error.link or (error.again and message.attempt < TRIES)
    if again:
        logger.info("message %s goes back to the queue: %s", message.pk, error)
        _record(session, message.put_back)
    else:
        _record(session, lambda: message.mark_failed(error.reason))
    return not again


def _quote(session: Session, message: Message) -> Quote | None:
    quoted = message.reply_to
    if quoted is None or not quoted.wa_id:
        return None
    chat = message.conversation.chat_jid
    ours = str(jid.of_phone(session.phone))
    return Quote(quoted.wa_id, chat if quoted.direction == Direction.IN else ours, quoted.body)


def acknowledge(session: Session, connection: Connection, limit: int = 200) -> int:
    """Tell customers that their messages were read; return how many that was."""
    due = Message.objects.filter(session=session).to_acknowledge().order_by("pk")[:limit]
    # By chat: neonize takes one sender a call.
    ids: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for pk, conversation, wa_id in due.values_list("pk", "conversation_id", "wa_id"):
        ids[conversation].append((pk, str(wa_id)))
    jids = dict(Conversation.objects.filter(pk__in=ids).values_list("pk", "chat_jid"))
    told = 0
    for conversation, messages in ids.items():
        try:
            connection.mark_read(jids[conversation], [wa_id for _, wa_id in messages])
        except NotSent as error:
            # They stay due. What is to be sent must not wait for what was read.
            logger.info("number %s: read receipts wait: %s", session.pk, error)
            break
        # Killed before this, they are told twice, which changes nothing.
        done = Message.objects.filter(pk__in=[pk for pk, _ in messages])
        told += done.update(receipt_sent_at=timezone.now())
    return told


def pause() -> float:
    """Seconds to wait before the next message: people do not type in bursts, and WhatsApp bans
    numbers that do."""
    return random.uniform(settings.SEND_GAP_MIN_SECONDS, settings.SEND_GAP_MAX_SECONDS)
