from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class EventKind(models.TextChoices):
    OPENED = "opened", "aberto"
    CLAIMED = "claimed", "assumido"
    TAKEN_OVER = "taken_over", "assumido de outra pessoa"
    TRANSFERRED = "transferred", "transferido"
    RELEASED = "released", "devolvido à fila"
    ANSWERED = "answered", "primeira resposta"
    FINISHED = "finished", "finalizado"
    REOPENED = "reopened", "reaberto"


class AttendanceEvent(models.Model):
    """One step of an attendance: what happened, by whom, to whom it went, when.

    `by` is None for what the wire or the house itself did. `to` is who has it from then on (None:
    the queue). `data` holds what only this kind has: ``{"from": agent id}`` for who had it before,
    ``{"outcome": …}``, ``{"reason": …}``. Sentences and icons are made of these when shown.
    """

    attendance = models.ForeignKey("whatsapp.Attendance", models.CASCADE, related_name="events")
    kind = models.CharField("tipo", max_length=12, choices=EventKind.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField("quando", default=timezone.now)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = "passo do atendimento"
        verbose_name_plural = "passos dos atendimentos"
        ordering = ["id"]
        indexes = [models.Index(fields=["kind", "at"], name="attendance_event_report")]

    def __str__(self) -> str:
        return f"{self.attendance} {self.kind}"
