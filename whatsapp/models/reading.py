"""What of a conversation the team has seen."""

from __future__ import annotations

from django.db import models, transaction
from django.utils import timezone

from accounts.models import Agent
from accounts.rights import Can
from live import announce
from whatsapp.models.holding import Held
from whatsapp.models.message import Message


class Readable(Held):
    """A held thread with its counter of unread messages."""

    unread_count = models.PositiveIntegerField("não lidas", default=0)

    class Meta:
        abstract = True

    def mark_read(self, by: Agent) -> None:
        """*by* has seen all there is: clear the counter, and owe WhatsApp the receipts. Raises
        NotAllowed."""
        with transaction.atomic():
            self.lock()
            self.check_right(by, Can.MARK_READ)
            if self.mark_seen():
                self.announce_changed()

    def mark_unread(self, by: Agent) -> None:
        """Put the counter back to one, so that the conversation is found again. WhatsApp is not
        told: a read receipt cannot be taken back. Raises NotAllowed."""
        with transaction.atomic():
            self.lock()
            self.check_right(by, Can.MARK_UNREAD)
            if type(self).objects.filter(pk=self.pk, unread_count=0).update(unread_count=1):
                self.unread_count = 1
                self.announce_changed()

    def mark_seen(self) -> bool:
        """Clear what is unread; whether anything was."""
        seen = Message.objects.filter(conversation=self.pk).unseen().update(seen_at=timezone.now())
        if seen:
            # NOTIFY is delivered at commit; the sender then tells WhatsApp (`outbox.acknowledge`).
            announce.outbox_filled(self.session_id)
        # Apart from the messages: `mark_unread` counts one that everybody has seen.
        counted = type(self).objects.filter(pk=self.pk, unread_count__gt=0)
        cleared = counted.update(unread_count=0)
        self.unread_count = 0
        return bool(seen or cleared)
