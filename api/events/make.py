"""From changes, which become visible in any order, to events, which have one.

Ids are given at INSERT and seen at COMMIT: a reader of `id > last` loses what was slow to commit.
Here every change that nobody told yet is taken, however old its id, under a lock that lets one
transaction at a time make events. So an event's id is its place in the order of commits, the same
for all processes, and a client needs to remember no more than the last one it saw.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction

from api.events.codes import expiry
from api.events.models import OF_A_NUMBER, Event, EventType
from api.rest import representations
from api.rest.representations import Row
from live.models import Change, ChangeKind
from live.outage import AWAY
from whatsapp.models import (
    Conversation,
    Direction,
    Message,
    Session,
    State,
)

logger = logging.getLogger(__name__)

# Changes of one transaction: the lock is held no longer than these take.
BATCH = 500
OF_A_MESSAGE = (ChangeKind.MESSAGE_ADDED, ChangeKind.MESSAGE_CHANGED)
# Any number that nothing else locks.
LOCK = 0x7061696E656C


def make_events() -> None:
    """Make events of every change that has none yet."""
    while make_some_events() == BATCH:
        pass


def make_some_events() -> int:
    """Make the events of up to BATCH changes; return how many changes there were."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Waited for, not tried: whoever comes second then finds that the work is done. Released
            # by the commit itself, so that the next sees these events before it gives ids.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        # By the index change_without_event, which holds nothing but these. A late commit has a
        # lower id and is taken all the same: its mark counts, not its place.
        changes = list(Change.objects.without_event().order_by("pk")[:BATCH])
        _write(changes)
        # Also those that became no event: nothing must look at them again.
        Change.objects.filter(pk__in=[change.pk for change in changes]).update(in_events=True)
    return len(changes)


def _write(changes: Sequence[Change]) -> None:
    """Write the events of *changes*. What fails is halved until the change is found that cannot
    become an event: it is logged, counts as told like the others, and stops none of them."""
    try:
        # A savepoint: after an error PostgreSQL takes no more of what it is within.
        with transaction.atomic():
            Event.objects.bulk_create(_events(changes))
    except AWAY:
        # Nothing was marked: the whole batch comes again.
        raise
    except Exception:
        # Whatever a representation raises: one change must not stop every stream and webhook.
        if len(changes) == 1:
            logger.exception("change %s cannot become an event: %s", changes[0].pk, changes[0])
            return
        half = len(changes) // 2
        _write(changes[:half])
        _write(changes[half:])


def _events(changes: Sequence[Change]) -> Iterable[Event]:
    rows = _Rows(changes)
    last: dict[int, tuple[str, Any]] = {}
    for change in changes:
        event = _event(change, rows)
        if event is None:
            continue
        # Sessions change often in ways that nobody outside hears of; only news is told. `last` is
        # of this batch, the query of those before.
        if event.type in OF_A_NUMBER:
            seen = last.get(event.session_id) or _last_of_number(event.session_id)
            if seen == (event.type, event.data) or _is_just_made(event, seen):
                continue
            last[event.session_id] = (event.type, event.data)
        yield event


def _is_just_made(event: Event, seen: tuple[str, Any] | None) -> bool:
    """A number that was just made is no number that was cut off."""
    return seen is None and event.data.get("reason") == State.NEW


def _last_of_number(session_id: int) -> tuple[str, Any] | None:
    words = Event.objects.filter(session_id=session_id, type__in=OF_A_NUMBER)
    return words.order_by("-pk").values_list("type", "data").first()


class _Rows:
    """What the changes are about, in one query for each kind."""

    def __init__(self, changes: Sequence[Change]) -> None:
        messages = {change.subject_id for change in changes if change.kind in OF_A_MESSAGE}
        threads = {change.conversation_id for change in changes if change.conversation_id}
        numbers = {change.session_id for change in changes if change.session_id}
        # As they are now, not as they were: two changes of one row may make the same event twice.
        said = Message.objects.filter(pk__in=messages).values(*representations.MESSAGE)
        columns = (*representations.CONVERSATION, "session__slug")
        seen = Conversation.objects.filter(pk__in=threads).values(*columns)
        self.messages = {row["pk"]: row for row in said}
        self.threads = {row["pk"]: row for row in seen}
        self.numbers = Session.objects.in_bulk(numbers)


def _event(change: Change, rows: _Rows) -> Event | None:
    """None for what other programs are not told of, and for rows that are gone."""
    thread = rows.threads.get(change.conversation_id or 0)
    match change.kind:
        case ChangeKind.SESSION_CHANGED:
            return _of_number(rows.numbers.get(change.session_id or 0))
        case ChangeKind.CONVERSATION_CHANGED if thread:
            data = representations.conversation(thread, thread["session__slug"])
            return Event(session_id=thread["session_id"], type=EventType.CONVERSATION, data=data)
        case ChangeKind.MESSAGE_ADDED | ChangeKind.MESSAGE_CHANGED if thread:
            return _of_message(change, rows.messages.get(change.subject_id or 0), thread)
    return None


def _of_message(change: Change, message: Row | None, thread: Row) -> Event | None:
    # Lines about the attendance are the desk's own.
    if message is None or message["direction"] == Direction.SYSTEM:
        return None
    added = change.kind == ChangeKind.MESSAGE_ADDED
    person = representations.address(thread["contact__phone"], thread["chat_jid"])
    return Event(
        session_id=message["session_id"],
        type=EventType.MESSAGE if added else EventType.STATUS,
        data=representations.message(message, person) | {"phoneNumber": person},
    )


def _of_number(number: Session | None) -> Event | None:
    """Connecting is no news; what came of it is."""
    if number is None or number.state == State.CONNECTING:
        return None
    if number.state == State.PAIRING:
        # Pairing begins before WhatsApp gives the first code; its arrival is a change of its own.
        if not number.qr:
            return None
        # Without the code: what is stored must not link a telephone. The stream adds it.
        return _number_event(number, EventType.QR, {"expiresAt": expiry(number)})
    if number.state == State.ONLINE:
        phone = {"phoneNumber": number.phone, "name": number.push_name}
        return _number_event(number, EventType.CONNECTED, phone)
    reason = {"reason": number.state, "message": State(number.state).label}
    return _number_event(number, EventType.DISCONNECTED, reason | {"detail": number.state_detail})


def _number_event(number: Session, kind: EventType, data: dict[str, Any]) -> Event:
    return Event(session_id=number.pk, type=kind, data={"sessionId": number.slug, **data})
