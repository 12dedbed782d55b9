from __future__ import annotations

from datetime import timedelta

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone


class EventType(models.TextChoices):
    QR = "whatsapp:qr", "código para parear"
    CONNECTED = "whatsapp:connected", "número conectado"
    DISCONNECTED = "whatsapp:disconnected", "número desconectado"
    MESSAGE = "whatsapp:message", "mensagem nova"
    STATUS = "whatsapp:status", "situação de uma mensagem"
    CONVERSATION = "whatsapp:conversation", "conversa alterada"


OF_A_NUMBER = (EventType.QR, EventType.CONNECTED, EventType.DISCONNECTED)


class EventQuerySet(models.QuerySet["Event"]):
    def of(self, session_id: int, after: int) -> EventQuerySet:
        """What a number's stream has after the cursor *after*, in order."""
        return self.filter(session_id=session_id, pk__gt=after).order_by("pk")

    def replayed(self, session_id: int, after: int) -> EventQuerySet:
        """The same without codes to scan: they are told live or not at all."""
        return self.of(session_id, after).exclude(type=EventType.QR)

    def expired(self, age: timedelta) -> EventQuerySet:
        return self.filter(at__lt=timezone.now() - age)


class Event(models.Model):
    """What other programs are told of a change, in one order for all of them.

    Only `events.make` makes these, one transaction at a time, so a smaller id is never seen after
    a larger one: `id > cursor` loses nothing and repeats nothing. Of a code to scan it holds only
    until when it is good: the code itself is a key to the number, and is never kept here.
    """

    # No foreign key: an event outlives its number, and must not cost a look-up at insert.
    session_id = models.BigIntegerField()
    type = models.CharField(max_length=24, choices=EventType.choices)
    data = models.JSONField(encoder=DjangoJSONEncoder)
    at = models.DateTimeField(default=timezone.now)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = "evento"
        indexes = [
            # For a number's replay and its last state; then for what is to be pruned.
            models.Index(fields=["session_id", "id"], name="event_stream"),
            models.Index(fields=["at"], name="event_age"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"

    @property
    def frame(self) -> dict[str, object]:
        return {"type": self.type, "cursor": str(self.pk), "at": self.at, "data": self.data}
