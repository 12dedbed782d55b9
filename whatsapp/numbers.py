"""Questions about numbers that need their messages as well."""

from __future__ import annotations

from django.db.models import Count, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from whatsapp.models import Message, Session


def numbers_with_queue() -> QuerySet[Session]:
    """All numbers, each with `queue`, how many of its messages have not left yet, and
    `queued_since`, when the oldest of them was written (None when there is none)."""
    # Counted apart: a join would read every message there is.
    waiting = Message.objects.waiting().filter(session=OuterRef("pk")).order_by()
    grouped = waiting.values("session")
    count = grouped.annotate(n=Count("pk")).values("n")
    oldest = grouped.annotate(at=Min("created_at")).values("at")
    return Session.objects.annotate(
        queue=Coalesce(Subquery(count), 0), queued_since=Subquery(oldest)
    )
