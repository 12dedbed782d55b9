from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Agent
from live import announce
from whatsapp.vocabulary import Delivery, Direction, Kind, Origin


def preview_of(kind: str, body: str) -> str:
    """One line for the list: the text, or the kind in words."""
    if kind in (Kind.TEXT, Kind.SYSTEM):
        return " ".join(body[:200].split())
    label = str(Kind(kind).label)
    return f"{label} · {body[:120]}" if body else label


# Which deliveries each receipt may move on from: the state only goes forward. A receipt proves a
# message out whatever we believed, so it also settles what was failed or uncertain.
UNPROVED = (Delivery.SENDING, Delivery.FAILED, Delivery.UNCERTAIN)
FORWARD: dict[str, tuple[str, ...]] = {
    Delivery.SENT: UNPROVED,
    Delivery.DELIVERED: (*UNPROVED, Delivery.SENT),
    Delivery.READ: (*UNPROVED, Delivery.SENT, Delivery.DELIVERED),
    Delivery.PLAYED: (*UNPROVED, Delivery.SENT, Delivery.DELIVERED, Delivery.READ),
}


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, agent: Agent) -> MessageQuerySet:
        from whatsapp.models.session import Session

        if agent.supervises:
            return self
        return self.filter(session__in=Session.objects.visible_to(agent).values("pk"))

    def for_thread(self) -> MessageQuerySet:
        """Newest first, with what a bubble shows: its author, the quoted message and that one's
        author, and the contact under the client's name."""
        shown = self.select_related("author", "reply_to__author", "conversation__contact__client")
        return shown.order_by("-at", "-pk")

    def before(self, message: Message) -> MessageQuerySet:
        older = Q(at__lt=message.at) | Q(at=message.at, pk__lt=message.pk)
        return self.filter(older, at__lte=message.at)

    def after(self, message: Message) -> MessageQuerySet:
        newer = Q(at__gt=message.at) | Q(at=message.at, pk__gt=message.pk)
        return self.filter(newer, at__gte=message.at)

    def waiting(self) -> MessageQuerySet:
        """What has not left yet."""
        return self.filter(delivery__in=[Delivery.QUEUED, Delivery.SENDING])

    def queued(self) -> MessageQuerySet:
        return self.filter(delivery=Delivery.QUEUED).order_by("pk")

    def to_acknowledge(self) -> MessageQuerySet:
        """Messages an agent has seen, for which WhatsApp has no read receipt from us yet."""
        return self.filter(direction=Direction.IN, seen_at__isnull=False, receipt_sent_at=None)

    def advance(self, session_id: int, wa_ids: list[str], to: str, at: datetime) -> list[Message]:
        """Move those messages forward to *to*; return the ones that moved."""
        stamp = {Delivery.DELIVERED: "delivered_at", Delivery.READ: "read_at"}.get(Delivery(to))
        mine = self.filter(session_id=session_id, wa_id__in=wa_ids, direction=Direction.OUT)
        moved = list(mine.filter(delivery__in=FORWARD[to]).select_for_update().order_by("pk"))
        fields: dict[str, object] = {"delivery": to, "error": ""} | ({stamp: at} if stamp else {})
        self.filter(pk__in=[message.pk for message in moved]).update(**fields)
        return moved


class Message(models.Model):
    """One bubble, in or out, or a line about the attendance. An outgoing row is its own outbox:
    queued, sending, sent, delivered, read, played; or failed; or uncertain, when nobody can prove
    whether WhatsApp took it."""

    session = models.ForeignKey("whatsapp.Session", models.PROTECT, related_name="messages")
    conversation = models.ForeignKey(
        "whatsapp.Conversation", models.CASCADE, related_name="messages", db_index=False
    )
    direction = models.CharField(max_length=6, choices=Direction.choices)
    kind = models.CharField(max_length=14, choices=Kind.choices, default=Kind.TEXT)
    origin = models.CharField(max_length=8, choices=Origin.choices, default=Origin.CUSTOMER)
    body = models.TextField("texto", blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="messages"
    )
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    wa_id = models.CharField(max_length=128, null=True, blank=True)
    idempotency_key = models.CharField(max_length=120, null=True, blank=True)
    delivery = models.CharField(
        "situação", max_length=10, choices=Delivery.choices, default=Delivery.RECEIVED
    )
    error = models.CharField("erro", max_length=300, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField("hora", default=timezone.now)
    created_at = models.DateTimeField(auto_now_add=True)
    sending_since = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField("visto pela equipe em", null=True, blank=True)
    receipt_sent_at = models.DateTimeField(null=True, blank=True)
    event = models.OneToOneField(
        "whatsapp.AttendanceEvent",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="line",
        help_text="O passo do atendimento que esta linha mostra.",
    )
    arrival = models.ForeignKey(
        "whatsapp.Arrival", models.SET_NULL, null=True, blank=True, db_index=False
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = "mensagem"
        verbose_name_plural = "mensagens"
        constraints = [
            # wa_id first: the admin looks a message up by its id alone.
            models.UniqueConstraint(fields=["wa_id", "session"], name="one_message_per_wa_id"),
            models.UniqueConstraint(fields=["idempotency_key"], name="one_per_idempotency_key"),
        ]
        indexes = [
            models.Index(fields=["conversation", "-at", "-id"], name="message_thread"),
            models.Index(
                fields=["session", "id"],
                name="message_outbox",
                condition=Q(delivery__in=["queued", "sending"]),
            ),
            models.Index(
                fields=["session", "id"],
                name="message_to_acknowledge",
                condition=Q(direction="in", seen_at__isnull=False, receipt_sent_at=None),
            ),
            models.Index(
                fields=["conversation"],
                name="message_unseen",
                condition=Q(direction="in", seen_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.preview

    def announce_added(self) -> None:
        announce.message_added(self.session_id, self.conversation_id, self.pk)

    def announce_changed(self) -> None:
        announce.message_changed(self.session_id, self.conversation_id, self.pk)

    @property
    def preview(self) -> str:
        return preview_of(self.kind, self.body)

    @property
    def secret(self) -> bytes:
        """32 bytes that travel inside this attempt, by which its WhatsApp id can be found again
        in the key store after a crash."""
        name = f"message-secret:{self.pk}:{self.attempt}".encode()
        return hmac.digest(settings.SECRET_KEY.encode(), name, hashlib.sha256)

    @property
    def can_resend(self) -> bool:
        return self.delivery in (Delivery.FAILED, Delivery.UNCERTAIN)

    def begin_sending(self) -> bool:
        """Claim this queued message for the sender; False when somebody discarded or took it."""
        queued = Message.objects.filter(pk=self.pk, delivery=Delivery.QUEUED)
        fields = {"delivery": Delivery.SENDING, "sending_since": timezone.now()}
        taken = queued.update(attempt=F("attempt") + 1, **fields)
        if taken:
            self.refresh_from_db()
        return bool(taken)

    def mark_sent(self, wa_id: str, at: datetime) -> None:
        """Record the id that WhatsApp gave, then apply the receipts that overtook us.

        The caller holds the number's fence, so no receipt can slip between the two.
        """
        unproved = Message.objects.filter(pk=self.pk, delivery__in=UNPROVED)
        unproved.update(delivery=Delivery.SENT, wa_id=wa_id, error="")
        self._hear_strays(wa_id)
        self.announce_changed()

    def _hear_strays(self, wa_id: str) -> None:
        from whatsapp.models.arrival import StrayReceipt

        for stray in StrayReceipt.objects.filter(session=self.session_id, wa_id=wa_id):
            Message.objects.advance(self.session_id, [wa_id], stray.delivery, stray.at)
            stray.delete()
        self.refresh_from_db()

    def mark_failed(self, reason: str) -> None:
        self._settle(Delivery.FAILED, reason)

    def mark_uncertain(self, reason: str, wa_id: str | None = None) -> None:
        """Nobody can prove whether it went out; the agent decides. A receipt proves it, whether it
        comes later or came before we knew that it was this message's."""
        self._settle(Delivery.UNCERTAIN, reason, wa_id)

    def put_back(self) -> None:
        """Queue again what provably never left."""
        self._settle(Delivery.QUEUED, "")

    def _settle(self, delivery: Delivery, reason: str, wa_id: str | None = None) -> None:
        fields: dict[str, object] = {"delivery": delivery, "error": reason[:300]}
        if wa_id:
            fields["wa_id"] = wa_id
        with transaction.atomic():
            if Message.objects.filter(pk=self.pk, delivery=Delivery.SENDING).update(**fields):
                self.refresh_from_db()
                if wa_id:
                    self._hear_strays(wa_id)
                self.announce_changed()

    def resend(self) -> bool:
        """Queue a failed or uncertain message again, as its agent asked. A second click finds it
        queued and changes nothing. Of an uncertain one the customer may get a second copy."""
        with transaction.atomic():
            mine = Message.objects.filter(
                pk=self.pk, delivery__in=[Delivery.FAILED, Delivery.UNCERTAIN]
            )
            queued = mine.update(delivery=Delivery.QUEUED, error="", wa_id=None)
            if queued:
                self.refresh_from_db()
                self.announce_changed()
                announce.outbox_filled(self.session_id)
        return bool(queued)

    def discard(self) -> bool:
        """Give up a message that is queued, failed or uncertain; False when it is already out."""
        open_ = [Delivery.QUEUED, Delivery.FAILED, Delivery.UNCERTAIN]
        with transaction.atomic():
            mine = Message.objects.filter(pk=self.pk, delivery__in=open_)
            done = mine.update(delivery=Delivery.DISCARDED)
            if done:
                self.refresh_from_db()
                self.announce_changed()
        return bool(done)
