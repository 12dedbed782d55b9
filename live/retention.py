"""Forgetting old changes: one home for it, and one process at a time that does it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from live.models import Change

# Advisory locks are numbers, shared by the whole database: api/events/retention.py has the other.
CHANGES = 0x7072756E65
# Each chunk its own transaction: while one runs, no cursor (`announce.cursor`) passes it.
CHUNK = 1000


@contextmanager
def alone(lock: int) -> Iterator[bool]:
    """Hold PostgreSQL's advisory *lock* meanwhile, or yield False when another process has it.

    The lock belongs to the connection, not to a transaction, so that what is deleted in chunks
    may be committed chunk by chunk."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [lock])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [lock])


def prune_changes() -> int:
    """Forget changes older than CHANGE_RETENTION_HOURS; return how many.

    The newest is kept whatever its age: it shows to pages what may be gone."""
    gone = 0
    with alone(CHANGES) as mine:
        newest = Change.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        expired = Change.objects.expired(settings.CHANGE_RETENTION_HOURS).filter(pk__lt=newest)
        # One process prunes; the others find the lock taken and leave it to that one.
        while mine and (ids := list(expired.values_list("pk", flat=True)[:CHUNK])):
            gone += Change.objects.filter(pk__in=ids).delete()[0]
    return gone
