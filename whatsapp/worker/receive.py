"""What the wire does to the record: bubbles and receipts, many at once.

The rules of one conversation are here in their set form, because a burst of a thousand messages
must cost a handful of statements: a message counts once, a finished conversation gets a new
attendance, and what was written on our own phone counts as read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

from django.db import connection
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from live.models import Change, ChangeKind
from whatsapp import events
from whatsapp.models import (
    Contact,
    Conversation,
    Delivery,
    Direction,
    Kind,
    Message,
    Origin,
    Session,
    StrayReceipt,
)
from whatsapp.models.identify import identify

Bubble: TypeAlias = events.MessageReceived | events.Undecryptable

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
        SET kind = excluded.kind, body = excluded.body, arrival_id = excluded.arrival_id
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


def bubbles(session: Session, heard: Sequence[tuple[int, events.Event]]) -> Iterator[Change]:
    """Insert the messages that are new, replace placeholders, and count. Yields what changed."""
    received: dict[str, tuple[int, Bubble]] = {}
    for arrival, event in heard:
        assert isinstance(event, Bubble)
        earlier = received.get(event.wa_id)
        if earlier is None or isinstance(earlier[1], events.Undecryptable):
            received[event.wa_id] = (arrival, event)
    contacts = identify(
        [(event.person, "" if event.from_me else event.push_name) for _, event in received.values()]
    )
    threads = _conversations(session, received, contacts)
    rows = _rows(session, received, threads)
    written = _insert(session, rows)
    fresh = [(written[row.wa_id][0], row) for row in rows if written.get(row.wa_id, (0, 0))[1]]
    _count(fresh)
    yield from _changes(session, rows, written)


def _conversations(
    session: Session,
    received: dict[str, tuple[int, Bubble]],
    contacts: dict[events.Person, Contact],
) -> dict[events.Person, int]:
    """The conversation id of each person, made where it is missing."""
    jids = {contacts[event.person].pk: str(event.person.chat) for _, event in received.values()}
    ids = _existing(session, jids)
    missing = sorted(jids.keys() - ids.keys())
    if missing:
        ids |= _open_threads(session, [(pk, jids[pk][:80]) for pk in missing])
    return {person: ids[contact.pk] for person, contact in contacts.items()}


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


def _existing(session: Session, contacts: dict[int, str]) -> dict[int, int]:
    mine = Conversation.objects.filter(session=session, contact__in=contacts)
    return dict(mine.values_list("contact_id", "pk"))


def _rows(
    session: Session,
    received: dict[str, tuple[int, Bubble]],
    threads: dict[events.Person, int],
) -> list[Row]:
    quoted = _quoted(session, received)
    return [
        _row(arrival, event, threads[event.person], quoted) for arrival, event in received.values()
    ]


def _row(arrival: int, event: Bubble, conversation: int, quoted: dict[str, int]) -> Row:
    return Row(
        conversation=conversation,
        arrival=arrival,
        direction=Direction.OUT if event.from_me else Direction.IN,
        origin=Origin.PHONE if event.from_me else Origin.CUSTOMER,
        kind=event.kind if isinstance(event, events.MessageReceived) else Kind.UNDECRYPTABLE,
        body=event.body if isinstance(event, events.MessageReceived) else "",
        wa_id=event.wa_id,
        delivery=Delivery.SENT if event.from_me else Delivery.RECEIVED,
        at=event.at,
        reply_to=quoted.get(event.quoted) if isinstance(event, events.MessageReceived) else None,
    )


def _quoted(session: Session, received: dict[str, tuple[int, Bubble]]) -> dict[str, int]:
    ids = {
        event.quoted
        for _, event in received.values()
        if isinstance(event, events.MessageReceived) and event.quoted
    }
    if not ids:
        return {}
    known = Message.objects.filter(session=session, wa_id__in=ids)
    return {str(wa_id): pk for wa_id, pk in known.values_list("wa_id", "pk")}


def _insert(session: Session, rows: list[Row]) -> dict[str, tuple[int, bool]]:
    """{WhatsApp id: (row id, whether it is new)}; ids that were here already are absent."""
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [session.pk, *(list(column) for column in zip(*rows, strict=True))])
        return {wa_id: (pk, new) for pk, wa_id, new in cursor.fetchall()}


_COUNT = """
    WITH heard AS (
        SELECT * FROM unnest(%s::bigint[], %s::int[], %s::bool[], %s::bigint[], %s::timestamptz[],
            %s::timestamptz[], %s::timestamptz[])
            AS heard (id, unread, answered, last, at, first_in, asked)
    ), locked AS (
        SELECT c.id, c.status = 'closed' AND heard.first_in IS NOT NULL AS reopened
        FROM whatsapp_conversation AS c JOIN heard USING (id)
        ORDER BY c.id FOR NO KEY UPDATE OF c
    ), opened AS (
        INSERT INTO whatsapp_attendance (conversation_id, opened_at, outcome)
        SELECT id, now(), '' FROM locked WHERE reopened ON CONFLICT DO NOTHING
    )
    UPDATE whatsapp_conversation AS c SET
        status = CASE WHEN reopened THEN 'pending' ELSE c.status END,
        assigned_to_id = CASE WHEN reopened THEN NULL ELSE c.assigned_to_id END,
        -- As in Conversation: from the first message that nobody answered, whoever has it.
        waiting_since = CASE WHEN heard.answered THEN heard.asked
            ELSE coalesce(c.waiting_since, heard.asked) END,
        unread_count = CASE WHEN heard.answered THEN 0 ELSE c.unread_count END + heard.unread,
        last_message_id = CASE WHEN heard.at >= c.last_message_at OR c.last_message_id IS NULL
            THEN heard.last ELSE c.last_message_id END,
        last_message_at = CASE WHEN c.last_message_id IS NULL THEN heard.at
            ELSE greatest(c.last_message_at, heard.at) END
    FROM heard JOIN locked USING (id)
    WHERE c.id = heard.id"""


def _count(fresh: list[tuple[int, Row]]) -> None:
    """Bring each conversation of new messages up to date, in id order against deadlocks. A customer
    who writes into a finished conversation opens a new attendance."""
    groups: dict[int, list[tuple[int, Row]]] = defaultdict(list)
    for pk, row in fresh:
        groups[row.conversation].append((pk, row))
    tallies = [_tally(pk, groups[pk]) for pk in sorted(groups)]
    if tallies:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, [list(column) for column in zip(*tallies, strict=True)])
        _clear_answered([tally.conversation for tally in tallies if tally.answered])


class Tally(NamedTuple):
    conversation: int
    unread: int
    answered: bool
    last: int
    at: datetime
    first_in: datetime | None
    # The first that came after the phone's last answer, or at all.
    asked: datetime | None


def _tally(conversation: int, rows: list[tuple[int, Row]]) -> Tally:
    """What *rows*, in arrival order, add: whatever came before an answer from the phone is read."""
    answers = [index for index, (_, row) in enumerate(rows) if not _incoming(row)]
    unread = rows[answers[-1] + 1 :] if answers else rows
    last_pk, last = max(rows, key=lambda one: (one[1].at, one[0]))
    incoming = [row.at for _, row in rows if _incoming(row)]
    first_in = min(incoming) if incoming else None
    asked = min((row.at for _, row in unread), default=None)
    return Tally(conversation, len(unread), bool(answers), last_pk, last.at, first_in, asked)


def _incoming(row: Row) -> bool:
    return row.direction == Direction.IN


def _clear_answered(conversations: list[int]) -> None:
    """An answer on the phone proves its owner read what came before it; no receipt is due."""
    if not conversations:
        return
    answers = Message.objects.filter(conversation=OuterRef("conversation"), origin=Origin.PHONE)
    last_answer = Subquery(answers.order_by("-pk").values("pk")[:1])
    unseen = Message.objects.filter(
        conversation__in=conversations, direction=Direction.IN, seen_at=None
    )
    now = timezone.now()
    unseen.filter(pk__lt=last_answer).update(seen_at=now, receipt_sent_at=now)


def _changes(
    session: Session, rows: list[Row], written: dict[str, tuple[int, bool]]
) -> Iterator[Change]:
    touched = dict.fromkeys(row.conversation for row in rows if row.wa_id in written)
    for row in rows:
        if row.wa_id in written:
            pk, new = written[row.wa_id]
            kind = ChangeKind.MESSAGE_ADDED if new else ChangeKind.MESSAGE_CHANGED
            yield _change(session, kind, row.conversation, pk)
    for conversation in touched:
        yield _change(session, ChangeKind.CONVERSATION_CHANGED, conversation)


def _change(session: Session, kind: str, conversation: int, message: int | None = None) -> Change:
    return Change(
        kind=kind, session_id=session.pk, conversation_id=conversation, subject_id=message
    )


def receipts(session: Session, heard: Sequence[events.Event]) -> Iterator[Change]:
    """Move our messages forward; keep receipts whose message is not known yet."""
    for event in heard:
        assert isinstance(event, events.Receipt)
        if event.by_us:
            yield from _read_on_phone(session, event)
        else:
            yield from _moved(session, event)


def _moved(session: Session, event: events.Receipt) -> Iterator[Change]:
    wa_ids = list(event.wa_ids)
    for message in Message.objects.advance(session.pk, wa_ids, event.delivery, event.at):
        yield _change(session, ChangeKind.MESSAGE_CHANGED, message.conversation_id, message.pk)
    known = set(
        Message.objects.filter(session=session, wa_id__in=wa_ids).values_list("wa_id", flat=True)
    )
    StrayReceipt.objects.bulk_create(
        [
            StrayReceipt(session=session, wa_id=wa_id, delivery=event.delivery, at=event.at)
            for wa_id in wa_ids
            if wa_id not in known
        ],
        ignore_conflicts=True,
    )


def _read_on_phone(session: Session, event: events.Receipt) -> Iterator[Change]:
    """Read on our own phone: everything up to those messages is seen, and no receipt is due."""
    newest: dict[int, int] = {}
    named = Message.objects.filter(session=session, wa_id__in=event.wa_ids, direction=Direction.IN)
    for pk, conversation in named.order_by("pk").values_list("pk", "conversation_id"):
        newest[conversation] = pk
    for conversation, upto in newest.items():
        unseen = Message.objects.filter(
            conversation=conversation, direction=Direction.IN, seen_at=None
        )
        unseen.filter(pk__lte=upto).update(seen_at=event.at, receipt_sent_at=event.at)
        left = unseen.filter(pk__gt=upto).count()
        Conversation.objects.filter(pk=conversation).update(unread_count=left)
        yield _change(session, ChangeKind.CONVERSATION_CHANGED, conversation)
