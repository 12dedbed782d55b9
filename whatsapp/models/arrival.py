from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone


class ArrivalState(models.TextChoices):
    DONE = "done", "tratada"
    IGNORED = "ignored", "ignorada"
    FAILED = "failed", "falhou"


class ArrivalQuerySet(models.QuerySet["Arrival"]):
    def failed(self) -> ArrivalQuerySet:
        return self.filter(state=ArrivalState.FAILED)


class Arrival(models.Model):
    """A thing that came over the socket, kept raw. (spool, seq) names it: arriving twice from the
    spool, as after a crash between commit and forgetting, is once here."""

    session = models.ForeignKey("whatsapp.Session", models.CASCADE, related_name="arrivals")
    # The spool file's own name and its AUTOINCREMENT: a file that is made anew repeats no pair.
    spool = models.UUIDField()
    seq = models.BigIntegerField()
    # neonize's number of the event (`gateway.codes`), by which `inbox.rerun` reads it again.
    code = models.PositiveSmallIntegerField("código")
    payload = models.BinaryField("bytes")
    received_at = models.DateTimeField("chegou em", default=timezone.now)
    state = models.CharField(
        "situação", max_length=8, choices=ArrivalState.choices, default=ArrivalState.DONE
    )
    error = models.TextField("erro", blank=True)

    objects = ArrivalQuerySet.as_manager()

    class Meta:
        verbose_name = "chegada"
        constraints = [
            models.UniqueConstraint(fields=["session", "spool", "seq"], name="one_arrival_per_seq")
        ]
        indexes = [
            # Few ever fail: the admin's filter and `manage.py numeros` read these rows, not the
            # journal.
            models.Index(fields=["-id"], name="arrival_failed", condition=models.Q(state="failed"))
        ]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.seq}"


class StrayReceiptQuerySet(models.QuerySet["StrayReceipt"]):
    def forgotten(self) -> StrayReceiptQuerySet:
        """Those whose message never came: it was sent from the phone before we were linked."""
        # A send takes minutes at most; the days are for a worker that was down in between.
        return self.filter(at__lt=timezone.now() - timedelta(days=2))


class StrayReceipt(models.Model):
    """A receipt that came before we knew the id of its message; `Message.mark_sent` looks here."""

    session = models.ForeignKey("whatsapp.Session", models.CASCADE)
    wa_id = models.CharField(max_length=128)
    delivery = models.CharField(max_length=10)
    at = models.DateTimeField()

    objects = StrayReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = "recibo avulso"
        verbose_name_plural = "recibos avulsos"
        constraints = [
            # The same receipt twice is one row: `receipts._keep_strays` ignores the conflict.
            models.UniqueConstraint(fields=["session", "wa_id", "delivery"], name="one_stray")
        ]

    def __str__(self) -> str:
        return f"{self.wa_id} {self.delivery}"
