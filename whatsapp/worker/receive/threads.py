"""What new messages do to their conversations: count, wait, answer, and open attendances.

The rules of one conversation are here in their set form, because a burst of a thousand messages
must cost a handful of statements. `Conversation` has the same rules for what an agent does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from whatsapp.models import Direction, Message, Origin
from whatsapp.worker.receive.applied import Opened


class Fresh(NamedTuple):
    """A message that was not here before."""

    id: int
    conversation: int
    incoming: bool
    at: datetime


class ThreadUpdate(NamedTuple):
    """What the new messages of one conversation, in the order of their arrival, add to it.

    An answer is a message that was written on our own phone.
    """

    conversation: int
    unread: int  # came in after the last answer
    answered: bool
    last: int
    at: datetime  # of the last
    comes_in: bool
    waits_since: datetime | None  # first that came in after the last answer
    first_answer_at: datetime | None
    answers_these: bool  # an answer follows the first of these that came in


# Data-modifying parts of one statement share a snapshot and do not see each other's rows: that is
# why an attendance that is opened and answered by one batch gets its first answer at INSERT.
_UPDATE_THREADS = """
    WITH heard AS (
        SELECT * FROM unnest(%s::bigint[], %s::int[], %s::bool[], %s::bigint[], %s::timestamptz[],
            %s::bool[], %s::timestamptz[], %s::timestamptz[], %s::bool[])
            AS heard (id, unread, answered, last, at, comes_in, waits_since, first_answer_at,
                answers_these)
    ), locked AS (
        -- By id, so that two transactions with the same threads cannot wait for each other in a
        -- ring. Agents' verbs lock the conversation before its attendance as well. What is not
        -- speech (an answer from the phone alone) opens nothing.
        SELECT heard.*, c.status = 'closed' AND heard.comes_in AS reopened
        FROM whatsapp_conversation AS c JOIN heard USING (id)
        ORDER BY c.id FOR NO KEY UPDATE OF c
    ), opened AS (
        -- A conflict is an attendance that somebody left open in a closed conversation: it goes on.
        INSERT INTO whatsapp_attendance (conversation_id, opened_at, outcome, first_answer_at)
        SELECT id, now(), '', CASE WHEN answers_these THEN now() END
        FROM locked WHERE reopened ORDER BY id
        ON CONFLICT DO NOTHING RETURNING id, conversation_id, first_answer_at
    ), answered AS (
        -- Messages may come hours late; no answer is older than the attendance that it answers.
        UPDATE whatsapp_attendance AS a
        SET first_answer_at = greatest(locked.first_answer_at, a.opened_at)
        FROM locked
        WHERE a.conversation_id = locked.id AND NOT locked.reopened AND locked.answered
            AND a.finished_at IS NULL AND a.first_answer_at IS NULL
        RETURNING a.id, a.first_answer_at
    ), steps AS (
        INSERT INTO whatsapp_attendanceevent (attendance_id, kind, at, data)
        SELECT id, 'opened', now(), '{}'::jsonb FROM opened
        UNION ALL
        SELECT id, 'answered', first_answer_at, '{"origin": "phone"}'::jsonb
        FROM (SELECT id, first_answer_at FROM opened UNION ALL SELECT * FROM answered) AS both_ways
        WHERE first_answer_at IS NOT NULL
    ), counted AS (
        UPDATE whatsapp_conversation AS c SET
            status = CASE WHEN reopened THEN 'pending' ELSE c.status END,
            assigned_to_id = CASE WHEN reopened THEN NULL ELSE c.assigned_to_id END,
            waiting_since = CASE WHEN reopened OR answered THEN waits_since
                ELSE coalesce(c.waiting_since, waits_since) END,
            unread_count = CASE WHEN answered THEN 0 ELSE c.unread_count END + unread,
            last_message_id = CASE WHEN locked.at >= c.last_message_at OR c.last_message_id IS NULL
                THEN last ELSE c.last_message_id END,
            last_message_at = CASE WHEN c.last_message_id IS NULL THEN locked.at
                ELSE greatest(c.last_message_at, locked.at) END
        FROM locked WHERE c.id = locked.id
    )
    SELECT conversation_id, id FROM opened"""


def update_threads(fresh: Sequence[Fresh]) -> list[Opened]:
    """Count new messages into their conversations; return the attendances that this opened.

    A finished conversation in which a customer writes gets a new attendance, with its event. An
    answer from the phone ends the wait, is the attendance's first answer if it has none, and
    proves that what came before it was read. Must run in a transaction.
    """
    rows: dict[int, list[Fresh]] = defaultdict(list)
    for row in fresh:
        rows[row.conversation].append(row)
    updates = [_thread_update(rows[conversation]) for conversation in sorted(rows)]
    if not updates:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE_THREADS, [list(column) for column in zip(*updates, strict=True)])
        opened = [Opened(*row) for row in cursor.fetchall()]
    _clear_answered([update.conversation for update in updates if update.answered])
    return opened


def _thread_update(rows: list[Fresh]) -> ThreadUpdate:
    answers = [place for place, row in enumerate(rows) if not row.incoming]
    incoming = [place for place, row in enumerate(rows) if row.incoming]
    unanswered = rows[answers[-1] + 1 :] if answers else rows
    # WhatsApp's times are whole seconds: of two in one the later arrival is the later message.
    last = max(rows, key=lambda row: (row.at, row.id))
    return ThreadUpdate(
        conversation=last.conversation,
        unread=len(unanswered),
        answered=bool(answers),
        last=last.id,
        at=last.at,
        comes_in=bool(incoming),
        waits_since=min((row.at for row in unanswered), default=None),
        first_answer_at=rows[answers[0]].at if answers else None,
        # What the phone wrote before the customer did answers nothing.
        answers_these=bool(answers and incoming and incoming[0] < answers[-1]),
    )


def _clear_answered(conversations: list[int]) -> None:
    """An answer on the phone proves its owner read what came before it; no receipt is due."""
    if not conversations:
        return
    # By id, the order of arrival: two of one second would be told apart by nothing else.
    answers = Message.objects.filter(conversation=OuterRef("conversation"), origin=Origin.PHONE)
    last_answer = Subquery(answers.order_by("-pk").values("pk")[:1])
    unseen = Message.objects.filter(
        conversation__in=conversations, direction=Direction.IN, seen_at=None
    )
    now = timezone.now()
    unseen.filter(pk__lt=last_answer).update(seen_at=now, receipt_sent_at=now)
