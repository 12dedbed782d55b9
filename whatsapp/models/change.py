from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone


class ChangeKind(models.TextChoices):
    MESSAGE_ADDED = "message_added", "mensagem nova"
    MESSAGE_CHANGED = "message_changed", "mensagem alterada"
    CONVERSATION_CHANGED = "conversation_changed", "conversa alterada"
    SESSION_CHANGED = "session_changed", "número alterado"
    CLIENT_CHANGED = "client_changed", "cliente alterado"


class ChangeQuerySet(models.QuerySet["Change"]):
    def since(self, cursor: int, overlap: int = 200) -> ChangeQuerySet:
        """Rows after *cursor* and the *overlap* ids before it, oldest first.

        Ids are given at INSERT and seen at COMMIT, so a smaller id may appear later than a larger
        one: the caller drops what it already handled.
        """
        return self.filter(pk__gt=cursor - overlap).order_by("pk")

    def untold(self) -> ChangeQuerySet:
        """What the API's events do not have yet."""
        return self.filter(told=False)

    def expired(self, hours: float) -> ChangeQuerySet:
        return self.filter(at__lt=timezone.now() - timedelta(hours=hours))


class Change(models.Model):
    """A fact for those who watch: what kind of row changed, and its ids. Holds no foreign keys, so
    that a fact may outlive its row and costs no look-ups at insert."""

    kind = models.CharField(max_length=24, choices=ChangeKind.choices)
    session_id = models.BigIntegerField(null=True)
    conversation_id = models.BigIntegerField(null=True)
    message_id = models.BigIntegerField(null=True)
    client_id = models.BigIntegerField(null=True)
    at = models.DateTimeField(default=timezone.now)
    told = models.BooleanField(default=False, db_default=False)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = "mudança"
        verbose_name_plural = "mudanças"
        indexes = [
            models.Index(fields=["id"], name="change_untold", condition=models.Q(told=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
