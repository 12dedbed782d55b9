from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class Door(models.TextChoices):
    PAGE = "page", "Página"
    API = "api", "API"
    ADMIN = "admin", "Admin"
    COMMAND = "command", "Comando"
    WIRE = "wire", "WhatsApp"


class AuditEntry(models.Model):
    """One thing that was done: by whom, through which door, to what, from which value to which.

    `verb` is what was done (``client.email``, ``login.failed``, ``conversation.opened``); its
    words for people are made when it is shown. `object_type` and `object_id` name the row, `label`
    what it was called then. Never changed, never holds a secret.
    """

    at = models.DateTimeField("quando", default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="quem",
    )
    actor_name = models.CharField("nome", max_length=160, blank=True)
    door = models.CharField("porta", max_length=8, choices=Door.choices)
    address = models.CharField("endereço", max_length=64, blank=True)
    verb = models.CharField("o quê", max_length=40)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.BigIntegerField(null=True, blank=True)
    label = models.CharField("onde", max_length=160, blank=True)
    conversation_id = models.BigIntegerField(null=True, blank=True)
    client_id = models.BigIntegerField(null=True, blank=True)
    old = models.CharField("de", max_length=300, blank=True)
    new = models.CharField("para", max_length=300, blank=True)

    class Meta:
        verbose_name = "registro de auditoria"
        verbose_name_plural = "registros de auditoria"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.at:%d/%m/%Y %H:%M} {self.actor_name} {self.verb} {self.label}"
