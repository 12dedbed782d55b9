from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Outcome(models.TextChoices):
    SOLD = "sold", "Venda fechada"
    PROPOSAL = "proposal", "Proposta enviada"
    ANSWERED = "answered", "Dúvida respondida"
    NO_INTEREST = "no_interest", "Sem interesse"
    NO_REPLY = "no_reply", "Cliente não respondeu"
    WRONG = "wrong", "Engano ou spam"


class Attendance(models.Model):
    """One opening-to-closing cycle of a conversation: "atendimento #4812" is its id."""

    conversation = models.ForeignKey(
        "whatsapp.Conversation", models.CASCADE, related_name="attendances"
    )
    opened_at = models.DateTimeField("aberto em", default=timezone.now)
    claimed_at = models.DateTimeField("assumido em", null=True, blank=True)
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="attendances",
        verbose_name="atendente",
    )
    first_answer_at = models.DateTimeField("primeira resposta", null=True, blank=True)
    finished_at = models.DateTimeField("finalizado em", null=True, blank=True)
    outcome = models.CharField("desfecho", max_length=12, choices=Outcome.choices, blank=True)

    class Meta:
        verbose_name = "atendimento"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=Q(finished_at__isnull=True),
                name="one_open_attendance",
            )
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
