from __future__ import annotations

from datetime import datetime
from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import OuterRef, Q
from django.db.models.functions import Coalesce

from accounts.models import Agent
from clients.search import terms
from whatsapp.models.access import sees
from whatsapp.models.contact import Contact
from whatsapp.models.session import Session
from whatsapp.models.status import Status

C = TypeVar("C", bound=models.Model)
# The order of the queue, as its index has it.
WAITS_SINCE = Coalesce("waiting_since", "last_message_at")


class ConversationQuerySet(models.QuerySet[C]):
    def visible_to(self, agent: Agent) -> Self:
        """The one rule of who sees what: pages, sockets, search, API and export all ask here."""
        if agent.sees_all_numbers:
            return self
        # A sub-select: the numbers' own join and DISTINCT must not reach the list.
        # `atendimento.sight` is the same rule in memory.
        return self.filter(session__in=Session.objects.visible_to(agent).values("pk"))

    def for_list(self) -> Self:
        """With everything a row of the list shows, in one query."""
        # A row that shows more must load it here: its tests count queries.
        return self.select_related(
            "session", "contact", "contact__client", "assigned_to", "last_message"
        )

    def search(self, words: str) -> Self:
        """Those whose contact `Contact.objects.search` finds."""
        if not terms(words):
            return self
        return self.filter(contact__in=Contact.objects.order_by().search(words).values("pk"))

    def withdrawn(self) -> Self:
        """Active ones whose holder is gone, is inactive, or may not see the number any more."""
        rule = sees(OuterRef("session"), OuterRef("assigned_to"), "assigned_to__")
        return self.active().filter(Q(assigned_to=None) | ~rule)

    def pending(self) -> Self:
        return self.filter(status=Status.PENDING)

    def unanswered(self) -> Self:
        """Those whose customer waits for an answer; one given on our own phone counts as well."""
        return self.filter(waiting_since__isnull=False)

    def active(self) -> Self:
        return self.filter(status=Status.ACTIVE)

    def closed(self) -> Self:
        return self.filter(status=Status.CLOSED)

    def mine(self, agent: Agent) -> Self:
        return self.filter(assigned_to=agent)

    def unread(self) -> Self:
        return self.filter(unread_count__gt=0)

    def newest_first(self) -> Self:
        # The order of the indexes conversation_tab and _all, and of `after`; the id breaks ties.
        return self.order_by("-last_message_at", "-pk")

    def after(self, at: datetime, pk: int) -> Self:
        """The rows below (at, pk) in the newest-first order: keyset paging. The redundant first
        bound is what lets PostgreSQL walk the index."""
        below = Q(last_message_at__lt=at) | Q(last_message_at=at, pk__lt=pk)
        return self.filter(below, last_message_at__lte=at)

    def longest_waiting_first(self, after: tuple[datetime, int] | None = None) -> Self:
        """The order of the queue, from the row below *after* on. A thread that the customer has
        not written in yet waits since its last message."""
        # The index conversation_queue has this expression and the id; `after` pages by the same
        # two.
        queue = self.annotate(waits_since=WAITS_SINCE)
        if after:
            at, pk = after
            below = Q(waits_since__gt=at) | Q(waits_since=at, pk__gt=pk)
            queue = queue.filter(below, waits_since__gte=at)
        return queue.order_by("waits_since", "pk")

    def queue(self) -> dict[str, Any]:
        """How many are `pending` and `active`, and since when the `first` of the queue waits (None
        when nobody does). Finished ones are never counted: they only grow."""
        pending, active = Q(status=Status.PENDING), Q(status=Status.ACTIVE)
        return self.filter(status__in=[Status.PENDING, Status.ACTIVE]).aggregate(
            pending=models.Count("pk", filter=pending),
            active=models.Count("pk", filter=active),
            first=models.Min(WAITS_SINCE, filter=pending),
        )
