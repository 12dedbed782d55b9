from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from whatsapp.models.outcome import Outcome


class EventKind(models.TextChoices):
    OPENED = "opened", "aberto"
    CLAIMED = "claimed", "assumido"
    TAKEN_OVER = "taken_over", "assumido de outra pessoa"
    TRANSFERRED = "transferred", "transferido"
    RELEASED = "released", "devolvido à fila"
    ANSWERED = "answered", "primeira resposta"
    FINISHED = "finished", "finalizado"
    REOPENED = "reopened", "reaberto"
    MERGED = "merged", "unido a outro"


QUEUE = "fila"


class Reason(models.TextChoices):
    """Why the house itself took a step, where its kind alone does not say so."""

    WITHDRAWN = "withdrawn", "quem tinha não atende mais o número"
    QUEUED = "queued", "estava na fila"


class AttendanceEventQuerySet(models.QuerySet["AttendanceEvent"]):
    def handovers(self) -> Self:
        """Every step after which somebody else may have it."""
        return self.exclude(kind=EventKind.ANSWERED)

    def tenures(self) -> Self:
        """Who had an attendance, and for how long: one row for each time that somebody (`to`) had
        it, from `at` on, up to `until` (None: has it still)."""
        # By id, not by time: steps are taken under the conversation's lock, so ids are their order,
        # while the clocks of two hosts may disagree.
        following = AttendanceEvent.objects.handovers().filter(
            attendance=OuterRef("attendance"), pk__gt=OuterRef("pk")
        )
        until = Subquery(following.order_by("pk").values("at")[:1])
        return self.handovers().filter(to__isnull=False).annotate(until=until)


class AttendanceEvent(models.Model):
    """One step of an attendance: what happened, by whom, to whom it went, when.

    `by` is None for what the wire or the house itself did. `to` is who has it from then on (None:
    nobody). `data` holds what only this kind has: ``{"from": agent id, "from_name": …}`` for who
    had it before, ``{"outcome": …}``, ``{"reason": …}``. Sentences and icons are made of these
    when shown (`step_words`).
    """

    attendance = models.ForeignKey("whatsapp.Attendance", models.CASCADE, related_name="events")
    kind = models.CharField("tipo", max_length=12, choices=EventKind.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="por",
    )
    to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="para",
    )
    at = models.DateTimeField("quando", default=timezone.now)
    data = models.JSONField("dados", default=dict, blank=True)

    objects = AttendanceEventQuerySet.as_manager()

    class Meta:
        verbose_name = "passo do atendimento"
        verbose_name_plural = "passos dos atendimentos"
        ordering = ["id"]
        indexes = [models.Index(fields=["kind", "at"], name="attendance_event_report")]
        constraints = [
            # The page and the wire may both answer first; see `Attendance.answer`.
            models.UniqueConstraint(
                fields=["attendance"], condition=Q(kind="answered"), name="one_first_answer"
            )
        ]

    def __str__(self) -> str:
        return f"#{self.attendance_id} {self.kind}"

    def before_and_after(self) -> tuple[str, str]:
        """As the audit shows the step (pt-BR): who had it, and who has it or how it ended."""
        before, after = self.data.get("from_name", QUEUE), str(self.to or QUEUE)
        match self.kind:
            case EventKind.OPENED | EventKind.REOPENED:
                return "", after
            case EventKind.FINISHED:
                return before, str(Outcome(self.data["outcome"]).label)
            case EventKind.MERGED:
                return before, ""
        return before, after
