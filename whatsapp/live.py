"""The only door through which browsers, the API and webhooks learn that rows changed.

A fact is a `Change` row (kind and ids, no HTML) written in the transaction of the change itself,
and one NOTIFY that PostgreSQL delivers at commit. Typing is worth nothing a second later, so it
travels by NOTIFY alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import connection

from whatsapp.models.change import Change, ChangeKind, xmin

if TYPE_CHECKING:
    from clients.models import Client
    from whatsapp.models import Conversation, Message, Session

CHANGES = "painel_changes"
TYPING = "painel_typing"
OUTBOX = "painel_outbox"
NUMBERS = "painel_numbers"

_INSERT = """
    INSERT INTO whatsapp_change
        (kind, session_id, conversation_id, message_id, client_id, at)
    SELECT *, clock_timestamp()
    FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])"""


def notify(channel: str, payload: str = "") -> None:
    """Send a NOTIFY; equal ones within a transaction reach listeners once, at commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [channel, payload])


def tell(changes: Iterable[Change]) -> None:
    """Write the facts and wake the readers, in one statement each whatever their number."""
    rows = [
        (
            change.kind,
            change.session_id,
            change.conversation_id,
            change.message_id,
            change.client_id,
        )
        for change in changes
    ]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, list(map(list, zip(*rows, strict=True))))
    notify(CHANGES)


def snapshot() -> str:
    """What is seen now, as PostgreSQL writes it: "xmin:xmax:those under way"."""
    with connection.cursor() as sql:
        sql.execute("SELECT pg_current_snapshot()::text")
        return str(sql.fetchone()[0])


def cursor() -> int:
    """The xmin of now: every transaction below it has ended. Asked before the rows of a page are
    read: what changes meanwhile is then replayed, not missed."""
    return xmin(snapshot())


def message_added(message: Message) -> None:
    tell([_of_message(ChangeKind.MESSAGE_ADDED, message)])


def message_changed(message: Message) -> None:
    tell([_of_message(ChangeKind.MESSAGE_CHANGED, message)])


def conversation_changed(conversation: Conversation) -> None:
    tell(
        [
            Change(
                kind=ChangeKind.CONVERSATION_CHANGED,
                session_id=conversation.session_id,
                conversation_id=conversation.pk,
            )
        ]
    )


def session_changed(session: Session) -> None:
    tell([Change(kind=ChangeKind.SESSION_CHANGED, session_id=session.pk)])


def client_changed(client: Client) -> None:
    tell([Change(kind=ChangeKind.CLIENT_CHANGED, client_id=client.pk)])


def contact_typing(conversation_id: int, session_id: int, state: str) -> None:
    """Tell browsers that the customer is ``composing``, ``recording`` or has ``paused``."""
    body = {"conversation": conversation_id, "session": session_id, "state": state}
    notify(TYPING, json.dumps({"who": "contact", **body}))


def agent_typing(conversation: Conversation, agent_id: int, state: str) -> None:
    """Tell the number's worker (and colleagues) that an agent is ``composing`` or ``paused``."""
    body = {"conversation": conversation.pk, "session": conversation.session_id, "state": state}
    notify(TYPING, json.dumps({"who": "agent", "agent": agent_id, **body}))


def outbox_filled(session_id: int) -> None:
    """Wake the sender of a number: a message is queued or a read receipt is due."""
    notify(OUTBOX, str(session_id))


def number_wanted(session_id: int) -> None:
    """Wake the supervisors: somebody wants a number paired, started or unlinked."""
    notify(NUMBERS, str(session_id))


def _of_message(kind: ChangeKind, message: Message) -> Change:
    return Change(
        kind=kind,
        session_id=message.session_id,
        conversation_id=message.conversation_id,
        message_id=message.pk,
    )
