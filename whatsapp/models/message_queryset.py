from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol, Self, TypeVar

from django.db import models
from django.db.models import Q

from accounts.models import Agent
from whatsapp.models.delivery import FORWARD, NO_ANSWER
from whatsapp.models.session import Session
from whatsapp.vocabulary import Delivery, Direction, Origin

M = TypeVar("M", bound=models.Model)


class Placed(Protocol):
    """What has its place in a thread."""

    pk: Any
    at: Any


class MessageQuerySet(models.QuerySet[M]):
    def visible_to(self, agent: Agent) -> Self:
        if agent.sees_all_numbers:
            return self
        return self.filter(session__in=Session.objects.visible_to(agent).values("pk"))

    def for_thread(self) -> Self:
        """Newest first, with what a bubble shows (its author, the quoted message and that one's
        author, the contact under the client's name), or a line about the attendance."""
        # A bubble that shows more must load it here; atendimento/tests/test_bubble.py counts the
        # queries of 1 and 10.
        quoted, contact = "reply_to__author", "conversation__contact__client"
        shown = ("author", quoted, contact, "event__by", "event__to")
        return self.select_related(*shown).order_by("-at", "-pk")

    def before(self, message: Placed) -> Self:
        older = Q(at__lt=message.at) | Q(at=message.at, pk__lt=message.pk)
        # The bare bound is redundant, but lets PostgreSQL walk the index message_thread.
        return self.filter(older, at__lte=message.at)

    def after(self, message: Placed) -> Self:
        newer = Q(at__gt=message.at) | Q(at=message.at, pk__gt=message.pk)
        return self.filter(newer, at__gte=message.at)

    def waiting(self) -> Self:
        """What has not left yet."""
        return self.filter(delivery__in=[Delivery.QUEUED, Delivery.SENDING])

    def queued(self) -> Self:
        # First written, first sent: the order of the index message_outbox.
        return self.filter(delivery=Delivery.QUEUED).order_by("pk")

    def unseen(self) -> Self:
        """What came in and nobody of the team has seen (the index `message_unseen`)."""
        return self.filter(direction=Direction.IN, seen_at__isnull=True)

    def answers(self) -> Self:
        """What people of the team wrote, and the customer has, may have or is to get."""
        written = self.filter(direction=Direction.OUT).exclude(origin=Origin.AUTO)
        return written.exclude(delivery__in=NO_ANSWER)

    def unanswered_since(self) -> datetime | None:
        """Of one conversation's messages: when the first came that no answer follows. What a
        machine wrote by itself is no answer, nor is what failed or was discarded."""
        last: Any = self.answers().order_by("-at", "-pk").first()
        asked = self.filter(direction=Direction.IN)
        asked = asked.after(last) if last else asked
        return asked.order_by("at", "pk").values_list("at", flat=True).first()

    def to_acknowledge(self) -> Self:
        """Messages an agent has seen, for which WhatsApp has no read receipt from us yet."""
        return self.filter(direction=Direction.IN, seen_at__isnull=False, receipt_sent_at=None)

    def advance(self, session_id: int, wa_ids: list[str], to: str, at: datetime) -> list[M]:
        """Move those messages forward to *to*; return the ones that moved."""
        stamp = {Delivery.DELIVERED: "delivered_at", Delivery.READ: "read_at"}.get(Delivery(to))
        mine = self.filter(session_id=session_id, wa_id__in=wa_ids, direction=Direction.OUT)
        # In id order, so that two batches of receipts cannot wait for each other in a ring.
        moved = list(mine.filter(delivery__in=FORWARD[to]).select_for_update().order_by("pk"))
        fields: dict[str, object] = {"delivery": to, "error": ""} | ({stamp: at} if stamp else {})
        self.filter(pk__in=[message.pk for message in moved]).update(**fields)
        return moved
