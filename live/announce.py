"""The one door through which browsers, the API and webhooks learn that rows changed.

A fact is a `Change` row (kind and ids, no HTML) written in the transaction of the change itself,
and one NOTIFY that PostgreSQL delivers at commit. Typing is worth nothing a second later, so it
travels by NOTIFY alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.db import connection

from live.models import Change, ChangeKind, xmin

# Channels. A payload may have 8000 bytes: ids and a word, never what people wrote.
CHANGES = "painel_changes"
TYPING = "painel_typing"
OUTBOX = "painel_outbox"
NUMBERS = "painel_numbers"
AUTHORITY = "painel_authority"

# Arrays, so that the statement is the same for one row and a thousand. Its own clock: a long
# transaction's now() may lie before what retention keeps. `xid` is the column's default.
_INSERT = """
    INSERT INTO live_change (kind, session_id, conversation_id, subject_id, at)
    SELECT *, clock_timestamp()
    FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bigint[])"""


# Whoever is not listening just then misses it: every reader polls as well. Commits with a NOTIFY
# wait for each other, on one lock of the cluster: changes send one empty payload, however many.
def notify(channel: str, payload: str = "") -> None:
    """Send a NOTIFY; equal ones within a transaction reach listeners once, at commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [channel, payload])


def announce(changes: Iterable[Change]) -> None:
    """Write *changes* and wake the readers, in one statement each whatever their number."""
    rows = [
        (change.kind, change.session_id, change.conversation_id, change.subject_id)
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


def message_added(session_id: int, conversation_id: int, message_id: int) -> None:
    announce([of_message(ChangeKind.MESSAGE_ADDED, session_id, conversation_id, message_id)])


def message_changed(session_id: int, conversation_id: int, message_id: int) -> None:
    announce([of_message(ChangeKind.MESSAGE_CHANGED, session_id, conversation_id, message_id)])


def conversation_changed(session_id: int, conversation_id: int) -> None:
    announce([of_conversation(session_id, conversation_id)])


def session_changed(session_id: int) -> None:
    announce([Change(kind=ChangeKind.SESSION_CHANGED, session_id=session_id)])


def client_changed(client_id: int) -> None:
    announce([of_client(client_id)])


def of_message(kind: str, session_id: int, conversation_id: int, message_id: int) -> Change:
    return Change(
        kind=kind, session_id=session_id, conversation_id=conversation_id, subject_id=message_id
    )


def of_conversation(session_id: int, conversation_id: int) -> Change:
    return Change(
        kind=ChangeKind.CONVERSATION_CHANGED,
        session_id=session_id,
        conversation_id=conversation_id,
    )


def of_client(client_id: int) -> Change:
    return Change(kind=ChangeKind.CLIENT_CHANGED, subject_id=client_id)


def contact_typing(conversation_id: int, session_id: int, state: str) -> None:
    """Tell browsers that the customer is ``composing``, ``recording`` or has ``paused``."""
    body = {"conversation": conversation_id, "session": session_id, "state": state}
    notify(TYPING, json.dumps({"who": "contact", **body}))


def agent_typing(conversation_id: int, session_id: int, agent_id: int, state: str) -> None:
    """Tell the number's worker (and colleagues) that an agent is ``composing`` or ``paused``."""
    body = {"conversation": conversation_id, "session": session_id, "state": state}
    notify(TYPING, json.dumps({"who": "agent", "agent": agent_id, **body}))


def outbox_filled(session_id: int) -> None:
    """Wake the sender of a number: a message is queued or a read receipt is due."""
    notify(OUTBOX, str(session_id))


def number_wanted(session_id: int) -> None:
    """Wake the supervisors: somebody wants a number paired, started or unlinked."""
    notify(NUMBERS, str(session_id))


def authority_changed(agent_id: int) -> None:
    """Have every socket and stream of *agent_id* checked at once: a log-in, a token or a right of
    his may have changed. A sweep every few seconds does so for all, told or not."""
    notify(AUTHORITY, str(agent_id))
