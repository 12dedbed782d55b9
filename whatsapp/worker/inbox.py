"""Arrivals become rows: a batch of the spool in one transaction, or not at all.

The same arrival twice changes nothing, because the spool's (spool, seq) and WhatsApp's message id
are both unique here. A batch that fails is tried row by row, so that one poison arrival costs
nothing else: it stays, with its error, and can be treated again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts import audit
from accounts.models import Agent
from accounts.rights import Can, NotAllowed, Scope
from live import announce
from live.outage import AWAY
from whatsapp import events
from whatsapp.gateway.translate import translate
from whatsapp.models import Arrival, ArrivalState, LeaseLost, Session
from whatsapp.worker import receive
from whatsapp.worker.receive import Applied, Heard
from whatsapp.worker.spool import Spool, Spooled

logger = logging.getLogger(__name__)

# At 6,600 rows a second (docs/performance.md) a full one holds the fence for 30 ms.
BATCH = 200


def drain(session: Session, spool: Spool) -> int:
    """Move the head of the spool to PostgreSQL; return how many arrivals left it.

    Raises LeaseLost, and OperationalError while PostgreSQL is away: the spool keeps everything.
    """
    batch = spool.head(BATCH)
    if not batch:
        return 0
    try:
        absorb(session, spool.id, batch)
    except (*AWAY, LeaseLost):
        raise
    except Exception:
        # What others send may fail in ways nobody thought of, and must not stop the rest.
        logger.exception("number %s: batch at %s goes row by row", session.pk, batch[0].seq)
        for one in batch:
            _absorb_alone(session, spool.id, one)
    # After the commit: killed in between, the batch comes again and its (spool, seq) is known.
    spool.forget(batch[-1].seq)
    return len(batch)


def absorb(session: Session, spool_id: UUID, batch: Sequence[Spooled]) -> Applied:
    """Make rows of *batch*, announce them, and return what they did; in one transaction that holds
    the number's fence. What was absorbed before does nothing."""
    with transaction.atomic():
        session.fence()
        fresh = _insert_arrivals(session, spool_id, batch)
        # What was here before is not read again.
        heard = [
            Heard(fresh[one.seq], translate(one.code, one.payload))
            for one in batch
            if one.seq in fresh
        ]
        _mark_ignored(heard)
        applied = receive.apply(session, heard)
        announce.announce(applied.changes)
        return applied


def _absorb_alone(session: Session, spool_id: UUID, one: Spooled) -> None:
    try:
        absorb(session, spool_id, [one])
    except (*AWAY, LeaseLost):
        raise
    except Exception as error:
        logger.exception("number %s: arrival %s failed", session.pk, one.seq)
        # One of its own: the first was rolled back, with whatever it had half done.
        with transaction.atomic():
            session.fence()
            fresh = _insert_arrivals(session, spool_id, [one])
            failed = {"state": ArrivalState.FAILED, "error": f"{type(error).__name__}: {error}"}
            Arrival.objects.filter(pk__in=fresh.values()).update(**failed)


def rerun(arrival: Arrival, by: Agent) -> None:
    """Treat a failed arrival again. Raises NotAllowed, or what it fails with; the row then stays as
    it was."""
    if not by.may(Can.RERUN_ARRIVAL, Scope.ALL):
        raise NotAllowed("Você não pode tratar chegadas de novo.")
    with transaction.atomic():
        # The row that `fence` locks, at any epoch: the worker waits, and so does this.
        session = Session.objects.select_for_update(no_key=True).get(pk=arrival.session_id)
        event = translate(arrival.code, bytes(arrival.payload))
        announce.announce(receive.apply(session, [Heard(arrival.pk, event)]).changes)
        arrival.state, arrival.error = ArrivalState.DONE, ""
        arrival.save(update_fields=["state", "error"])
        audit.record(by, "arrival.rerun", arrival)


def _insert_arrivals(session: Session, spool_id: UUID, batch: Sequence[Spooled]) -> dict[int, int]:
    """Insert the raw rows; return {seq: row id} of those that were not here yet."""
    sql = """
        INSERT INTO whatsapp_arrival
            (session_id, spool, seq, code, payload, received_at, state, error)
        SELECT %s, %s, seq, code, payload, at, 'done', ''
        FROM unnest(%s::bigint[], %s::smallint[], %s::bytea[], %s::timestamptz[])
            AS fresh (seq, code, payload, at)
        ON CONFLICT DO NOTHING RETURNING seq, id"""
    columns: list[list[Any]] = [
        [one.seq for one in batch],
        [one.code for one in batch],
        [one.payload for one in batch],
        [datetime.fromtimestamp(one.at, UTC) for one in batch],
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql, [session.pk, spool_id, *columns])
        return dict(cursor.fetchall())


def _mark_ignored(heard: Sequence[Heard[events.Event]]) -> None:
    ignored = [one.arrival_id for one in heard if isinstance(one.event, events.Ignored)]
    if ignored:
        Arrival.objects.filter(pk__in=ignored).update(state=ArrivalState.IGNORED)
