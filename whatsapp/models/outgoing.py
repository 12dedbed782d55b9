"""What the number's worker does to a message that is to go out: each verb moves its state."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from live import announce
from whatsapp.models.arrival import StrayReceipt
from whatsapp.models.delivery import RESENDABLE, UNPROVED
from whatsapp.models.message_queryset import MessageQuerySet
from whatsapp.vocabulary import Delivery


class OutgoingMessage(models.Model):
    """The outbox half of a message: queued, sending, sent, delivered, read, played; or failed; or
    uncertain, when nobody can prove whether WhatsApp took it."""

    session = models.ForeignKey("whatsapp.Session", models.PROTECT, related_name="messages")
    # No index of its own: message_thread begins with it.
    conversation = models.ForeignKey(
        "whatsapp.Conversation", models.CASCADE, related_name="messages", db_index=False
    )
    wa_id = models.CharField(max_length=128, null=True, blank=True)
    delivery = models.CharField(
        "situação", max_length=10, choices=Delivery.choices, default=Delivery.RECEIVED
    )
    error = models.CharField("erro", max_length=300, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    sending_since = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        abstract = True

    def announce_added(self) -> None:
        announce.message_added(self.session_id, self.conversation_id, self.pk)

    def announce_changed(self) -> None:
        announce.message_changed(self.session_id, self.conversation_id, self.pk)

    @property
    def secret(self) -> bytes:
        """32 bytes that travel inside this attempt, by which its WhatsApp id can be found again
        in the key store after a crash."""
        # With the attempt: a second must not be taken for the first, which may have left. A new
        # SECRET_KEY makes what is in *sending* at that moment impossible to look up.
        name = f"message-secret:{self.pk}:{self.attempt}".encode()
        return hmac.digest(settings.SECRET_KEY.encode(), name, hashlib.sha256)

    @property
    def can_resend(self) -> bool:
        return self.delivery in RESENDABLE

    def begin_sending(self) -> bool:
        """Claim this queued message for the sender; False when somebody discarded or took it."""
        queued = type(self).objects.filter(pk=self.pk, delivery=Delivery.QUEUED)
        fields = {"delivery": Delivery.SENDING, "sending_since": timezone.now()}
        taken = queued.update(attempt=F("attempt") + 1, **fields)
        if taken:
            # Not the whole row: that would drop the conversation and the quote loaded with it.
            self.refresh_from_db(fields=["delivery", "attempt", "sending_since"])
        return bool(taken)

    def mark_sent(self, wa_id: str, at: datetime) -> None:
        """Record the id that WhatsApp gave, then apply the receipts that overtook us.

        The caller holds the number's fence, so no receipt can slip between the two.
        """
        # Only what nothing has proved yet: the state never goes back.
        unproved = type(self).objects.filter(pk=self.pk, delivery__in=UNPROVED)
        unproved.update(delivery=Delivery.SENT, wa_id=wa_id, error="")
        self.apply_early_receipts(wa_id)
        self.announce_changed()

    def apply_early_receipts(self, wa_id: str) -> None:
        """Move forward by the receipts that came before we knew that *wa_id* is this message."""
        for stray in StrayReceipt.objects.filter(session=self.session_id, wa_id=wa_id):
            type(self).objects.advance(self.session_id, [wa_id], stray.delivery, stray.at)
            stray.delete()
        self.refresh_from_db()

    def mark_uncertain(self, reason: str, wa_id: str | None = None) -> None:
        """Nobody can prove whether it went out; the agent decides. A receipt proves it, whether it
        comes later or came before we knew that it was this message's."""
        self._settle(Delivery.UNCERTAIN, reason, wa_id)

    def put_back(self) -> None:
        """Queue again what provably never left."""
        self._settle(Delivery.QUEUED, "")

    def _settle(self, delivery: Delivery, reason: str, wa_id: str | None = None) -> bool:
        """Returns False when it is not being sent any more."""
        fields: dict[str, object] = {"delivery": delivery, "error": reason[:300]}
        if wa_id:
            fields["wa_id"] = wa_id
        with transaction.atomic():
            # From *sending* alone: a receipt may have proved it meanwhile, and knows better.
            mine = type(self).objects.filter(pk=self.pk, delivery=Delivery.SENDING)
            if not mine.update(**fields):
                return False
            self.refresh_from_db()
            if wa_id:
                self.apply_early_receipts(wa_id)
            self.announce_changed()
        return True
