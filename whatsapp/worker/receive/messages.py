"""Messages: bubbles that come in, or that were written on our own phone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

from django.db import connection

from live import announce
from live.models import Change, ChangeKind
from whatsapp.events import MessageReceived, Person, Undecryptable
from whatsapp.models import (
    Contact,
    Conversation,
    Delivery,
    Direction,
    Kind,
    Message,
    Origin,
    Session,
)
from whatsapp.models.identify import identify
from whatsapp.worker.receive.applied import Applied, Heard
from whatsapp.worker.receive.threads import Fresh, update_threads

Bubble: TypeAlias = MessageReceived | Undecryptable

# A message counts once, however often it arrives; only the placeholder of one that could not be
# opened is replaced, by the copy that can. xmax is 0 in a row that this statement inserted.
_INSERT = """
    INSERT INTO whatsapp_message (
        session_id, conversation_id, arrival_id, direction, origin, kind, body, wa_id, delivery,
        at, reply_to_id, error, attempt, created_at)
    SELECT %s, conversation, arrival, direction, origin, kind, body, wa_id, delivery, at, reply_to,
        '', 0, now()
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[],
        %s::text[], %s::text[], %s::timestamptz[], %s::bigint[])
        AS fresh (conversation, arrival, direction, origin, kind, body, wa_id, delivery, at,
            reply_to)
    ON CONFLICT (session_id, wa_id) DO UPDATE
        SET kind = excluded.kind, body = excluded.body, arrival_id = excluded.arrival_id,
            reply_to_id = excluded.reply_to_id
        WHERE whatsapp_message.kind = 'undecryptable' AND excluded.kind <> 'undecryptable'
    RETURNING id, wa_id, xmax = 0"""


class Row(NamedTuple):
    conversation: int
    arrival: int
    direction: str
    origin: str
    kind: str
    body: str
    wa_id: str
    delivery: str
    at: datetime
    reply_to: int | None


class Written(NamedTuple):
    """A row that was inserted (`new`), or whose placeholder was filled."""

    id: int
    row: Row
    new: bool


def receive(session: Session, run: Sequence[Heard[Bubble]]) -> Applied:
    """Insert the messages that are new, fill placeholders, and bring their threads up to date."""
    received = _once_each(run)
    threads = _threads(session, received)
    written = _insert(session, _rows(received, threads))
    opened = update_threads(
        [
            Fresh(id, row.conversation, row.direction == Direction.IN, row.at)
            for id, row, new in written
            if new
        ]
    )
    return Applied(_changes(session, written), opened)


def _once_each(run: Sequence[Heard[Bubble]]) -> list[Heard[Bubble]]:
    """Of arrivals with one id the first that could be opened."""
    # One INSERT … ON CONFLICT DO UPDATE may not meet the same row twice.
    received: dict[str, Heard[Bubble]] = {}
    for one in run:
        earlier = received.get(one.event.wa_id)
        if earlier is None or isinstance(earlier.event, Undecryptable):
            received[one.event.wa_id] = one
    return list(received.values())


def _threads(session: Session, received: list[Heard[Bubble]]) -> dict[Person, int]:
    """The conversation id of each person, made where it is missing."""
    bubbles = [one.event for one in received]
    contacts = identify(
        # In what we wrote ourselves the name is ours.
        [(bubble.person, "" if bubble.from_me else bubble.push_name) for bubble in bubbles]
    )
    jids = {contacts[bubble.person].pk: str(bubble.person.chat) for bubble in bubbles}
    ids = _existing(session, contacts.values())
    missing = sorted(jids.keys() - ids.keys())
    if missing:
        ids |= _open_threads(session, [(pk, jids[pk][:80]) for pk in missing])
    return {person: ids[contact.pk] for person, contact in contacts.items()}


def _existing(session: Session, contacts: Collection[Contact]) -> dict[int, int]:
    mine = Conversation.objects.filter(session=session, contact__in=contacts)
    return dict(mine.values_list("contact_id", "pk"))


def _open_threads(session: Session, contacts: list[tuple[int, str]]) -> dict[int, int]:
    """New conversations begin closed: what comes into them then opens their first attendance.

    Nobody else makes conversations of this number while we hold its fence.
    """
    sql = """
        INSERT INTO whatsapp_conversation
            (session_id, contact_id, chat_jid, status, unread_count, last_message_at, created_at)
        SELECT %s, contact, jid, 'closed', 0, now(), now()
        FROM unnest(%s::bigint[], %s::text[]) AS fresh (contact, jid)
        RETURNING contact_id, id"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [session.pk, *map(list, zip(*contacts, strict=True))])
        return dict(cursor.fetchall())


def _rows(received: list[Heard[Bubble]], threads: dict[Person, int]) -> list[Row]:
    quoted = _quoted(received, threads)
    return [_row(one, threads[one.event.person], quoted) for one in received]


def _row(heard: Heard[Bubble], conversation: int, quoted: dict[tuple[int, str], int]) -> Row:
    event = heard.event
    opened = event if isinstance(event, MessageReceived) else None
    return Row(
        conversation=conversation,
        arrival=heard.arrival_id,
        direction=Direction.OUT if event.from_me else Direction.IN,
        origin=Origin.PHONE if event.from_me else Origin.CUSTOMER,
        kind=opened.content.kind if opened else Kind.UNDECRYPTABLE,
        body=opened.content.text if opened else "",
        wa_id=event.wa_id,
        delivery=Delivery.SENT if event.from_me else Delivery.RECEIVED,
        at=event.at,
        reply_to=quoted.get((conversation, opened.quoted)) if opened else None,
    )


def _quoted(
    received: list[Heard[Bubble]], threads: dict[Person, int]
) -> dict[tuple[int, str], int]:
    """{(conversation, WhatsApp id): row id} of what is quoted: a quote reaches only into its own
    conversation, since its id is whatever the customer's program wrote there."""
    asked = {
        (threads[one.event.person], one.event.quoted)
        for one in received
        if isinstance(one.event, MessageReceived) and one.event.quoted
    }
    if not asked:
        return {}
    # wa_id begins the index one_message_per_wa_id; the pairs are matched below, in Python.
    known = Message.objects.filter(
        conversation__in={conversation for conversation, _ in asked},
        wa_id__in={wa_id for _, wa_id in asked},
    )
    rows = known.values_list("conversation_id", "wa_id", "pk")
    return {(conversation, str(wa_id)): pk for conversation, wa_id, pk in rows}


def _insert(session: Session, rows: list[Row]) -> list[Written]:
    """Those of *rows* that were inserted or filled; what was here already is left out."""
    with connection.cursor() as cursor:
        # In the order of arrival, which is then that of the ids.
        cursor.execute(_INSERT, [session.pk, *(list(column) for column in zip(*rows, strict=True))])
        written = {wa_id: (pk, new) for pk, wa_id, new in cursor.fetchall()}
    return [
        Written(written[row.wa_id][0], row, written[row.wa_id][1])
        for row in rows
        if row.wa_id in written
    ]


def _changes(session: Session, written: list[Written]) -> list[Change]:
    """Each message, then each of their conversations once."""
    touched = dict.fromkeys(row.conversation for _, row, _ in written)
    messages = [
        announce.of_message(
            ChangeKind.MESSAGE_ADDED if new else ChangeKind.MESSAGE_CHANGED,
            session.pk,
            row.conversation,
            pk,
        )
        for pk, row, new in written
    ]
    return messages + [announce.of_conversation(session.pk, pk) for pk in touched]
