from __future__ import annotations

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from accounts import audit
from accounts.models import Agent
from accounts.rights import Can
from live import announce
from whatsapp.models.delivery import DISCARDABLE, RESENDABLE
from whatsapp.models.outgoing import OutgoingMessage
from whatsapp.vocabulary import Delivery, Direction, Kind, Origin


def preview_of(kind: str, body: str) -> str:
    """One line for the list: the text, or the kind in words."""
    if kind == Kind.TEXT:
        return " ".join(body[:200].split())
    label = str(Kind(kind).label)
    return f"{label} · {body[:120]}" if body else label


class Message(OutgoingMessage):
    """One bubble, in or out, or the line of an attendance's step. An outgoing row is its own
    outbox."""

    direction = models.CharField(max_length=6, choices=Direction.choices)
    kind = models.CharField(max_length=14, choices=Kind.choices, default=Kind.TEXT)
    origin = models.CharField(max_length=8, choices=Origin.choices, default=Origin.CUSTOMER)
    body = models.TextField("texto", blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="messages"
    )
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    idempotency_key = models.CharField(max_length=120, null=True, blank=True)
    at = models.DateTimeField("hora", default=timezone.now)
    created_at = models.DateTimeField(auto_now_add=True)
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
    # No index: nobody asks what became of an arrival, and each insert would pay for it.
    arrival = models.ForeignKey(
        "whatsapp.Arrival", models.SET_NULL, null=True, blank=True, db_index=False
    )

    class Meta:
        verbose_name = "mensagem"
        verbose_name_plural = "mensagens"
        constraints = [
            # wa_id first: the admin looks a message up by its id alone.
            models.UniqueConstraint(fields=["wa_id", "session"], name="one_message_per_wa_id"),
            # NULL in whatever was not written here, and NULLs never conflict.
            models.UniqueConstraint(fields=["idempotency_key"], name="one_per_idempotency_key"),
        ]
        indexes = [
            # A page of a thread and the next one; also every look-up by conversation.
            models.Index(fields=["conversation", "-at", "-id"], name="message_thread"),
            models.Index(
                fields=["session", "id"],
                name="message_outbox",
                # The sender asks each second: a handful of rows, however long the history.
                condition=Q(delivery__in=["queued", "sending"]),
            ),
            models.Index(
                fields=["session", "id"],
                name="message_to_acknowledge",
                # The condition of `to_acknowledge`: a partial index serves only who asks for all of
                # it.
                condition=Q(direction="in", seen_at__isnull=False, receipt_sent_at=None),
            ),
            models.Index(
                fields=["conversation"],
                name="message_unseen",
                # The condition of `unseen`, likewise.
                condition=Q(direction="in", seen_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"mensagem {self.pk}"

    @property
    def preview(self) -> str:
        return preview_of(self.kind, self.body)

    def mark_failed(self, reason: str) -> None:
        """It provably never left: the customer waits on, as if it had not been written."""
        with transaction.atomic():
            # Before the message's row, as `Message.resend` and `discard` lock them.
            conversation = self.conversation
            conversation.lock()
            if self._settle(Delivery.FAILED, reason):
                conversation.answer_withdrawn(self)

    def resend(self, by: Agent) -> bool:
        """Queue a failed or uncertain message again, as *by* asked; False when a first click did.

        Of an uncertain one the customer may get a second copy. Raises NotAllowed.
        """
        # Without the old id: a receipt for the first copy must not move the second.
        fields: dict[str, object] = {"delivery": Delivery.QUEUED, "error": "", "wa_id": None}
        with transaction.atomic():
            queued = self._decide(by, "message.resent", RESENDABLE, fields)
            if queued:
                self.conversation.answer_restored(self)
                announce.outbox_filled(self.session_id)
        return queued

    def discard(self, by: Agent) -> bool:
        """Give up a message that is queued, failed or uncertain; False when it is already out.
        Raises NotAllowed."""
        discarded: dict[str, object] = {"delivery": Delivery.DISCARDED}
        with transaction.atomic():
            # Together: the customer waits again from the moment his answer is given up.
            done = self._decide(by, "message.discarded", DISCARDABLE, discarded)
            if done:
                self.conversation.answer_withdrawn(self)
        return done

    def _decide(
        self, by: Agent, verb: str, among: tuple[Delivery, ...], fields: dict[str, object]
    ) -> bool:
        with transaction.atomic():
            self.conversation.lock()
            self.conversation.check_right(by, Can.RESEND)
            # The sender takes it by its state alone: of two who decide at once, one does.
            if not Message.objects.filter(pk=self.pk, delivery__in=among).update(**fields):
                return False
            old = Delivery(self.delivery).label
            self.refresh_from_db(fields=list(fields))
            new = Delivery(self.delivery).label
            conversation = self.conversation
            audit.record(
                by,
                verb,
                self,
                old=old,
                new=new,
                conversation_id=conversation.pk,
                client_id=conversation.contact.client_id,
            )
            self.announce_changed()
        return True
