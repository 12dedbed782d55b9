from __future__ import annotations

import hashlib
import hmac
import json
import random
import secrets
from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from api import outgoing
from api.models.event import Event, EventType

BATCH = 500
LEASE = timedelta(minutes=5)
PATIENCE = timedelta(hours=24)
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)


def new_secret() -> str:
    return secrets.token_urlsafe(32)


class Webhook(models.Model):
    """An address of another system that wants the events POSTed to it."""

    name = models.CharField("nome", max_length=60)
    url = models.URLField("endereço", max_length=500)
    secret = models.CharField("segredo", max_length=64, default=new_secret, editable=False)
    session = models.ForeignKey(
        "whatsapp.Session",
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name="número",
        help_text="Vazio: todos os números.",
    )
    types = ArrayField(
        models.CharField(max_length=24, choices=EventType.choices),
        verbose_name="eventos",
        default=list,
        blank=True,
        help_text="Separados por vírgula; vazio: todos.",
    )
    active = models.BooleanField("ativo", default=True)
    cursor = models.BigIntegerField(null=True, editable=False)
    created_at = models.DateTimeField("criado em", auto_now_add=True)

    class Meta:
        verbose_name = "webhook"

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        try:
            outgoing.check(self.url)
        except outgoing.Refused as error:
            raise ValidationError({"url": str(error)}) from error

    def take_events(self) -> int:
        """Make deliveries of the events that came since the last time, each once; return how many
        events were read. A new webhook begins with what happens from now on."""
        with transaction.atomic():
            me = Webhook.objects.select_for_update(skip_locked=True).filter(pk=self.pk).first()
            if me is None or not me.active:
                return 0
            if me.cursor is None:
                me.cursor = Event.objects.aggregate(last=models.Max("pk"))["last"] or 0
            found = list(Event.objects.filter(pk__gt=me.cursor).order_by("pk")[:BATCH])
            Delivery.objects.bulk_create(
                [Delivery.of(me, event) for event in found if me.wants(event)]
            )
            me.cursor = found[-1].pk if found else me.cursor
            me.save(update_fields=["cursor"])
        return len(found)

    def wants(self, event: Event) -> bool:
        mine = self.session_id in (None, event.session_id)
        return mine and (not self.types or event.type in self.types)


class Outcome(models.TextChoices):
    WAITING = "waiting", "na fila"
    DELIVERED = "delivered", "entregue"
    GIVEN_UP = "given_up", "desistiu"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self) -> DeliveryQuerySet:
        waiting = self.filter(outcome=Outcome.WAITING, webhook__active=True)
        return waiting.filter(next_at__lte=timezone.now()).order_by("next_at", "pk")

    def claim(self, most: int) -> list[Delivery]:
        """Take some that are due; nobody else gets them before the lease ends. Who dies with one
        in hand has it sent again, under the same id."""
        with transaction.atomic():
            taken = list(self.due().select_for_update(skip_locked=True, of=("self",))[:most])
            mine = self.filter(pk__in=[one.pk for one in taken])
            mine.update(next_at=timezone.now() + LEASE, attempts=models.F("attempts") + 1)
        return list(mine.select_related("webhook").order_by("pk"))

    def expired(self, days: float) -> DeliveryQuerySet:
        old = self.filter(created_at__lt=timezone.now() - timedelta(days=days))
        return old.exclude(outcome=Outcome.WAITING)


class Delivery(models.Model):
    """One event on its way to one webhook: the queue, and the log."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    event_id = models.BigIntegerField("evento")
    type = models.CharField("tipo", max_length=24)
    body = models.TextField("corpo")
    outcome = models.CharField(
        "situação", max_length=10, choices=Outcome.choices, default=Outcome.WAITING
    )
    attempts = models.PositiveIntegerField("tentativas", default=0)
    next_at = models.DateTimeField("próxima em", default=timezone.now)
    status = models.PositiveSmallIntegerField("resposta", null=True)
    error = models.CharField("erro", max_length=300, blank=True)
    delivered_at = models.DateTimeField("entregue em", null=True)
    created_at = models.DateTimeField("criada em", default=timezone.now)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "entrega"
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event_id"], name="one_delivery_per_event")
        ]
        indexes = [
            models.Index(
                fields=["next_at", "id"], name="delivery_due", condition=Q(outcome="waiting")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.webhook} {self.event_id}"

    @classmethod
    def of(cls, webhook: Webhook, event: Event) -> Delivery:
        body = json.dumps(event.frame, cls=DjangoJSONEncoder, ensure_ascii=False)
        return cls(webhook=webhook, event_id=event.pk, type=event.type, body=body)

    def send(self) -> None:
        """POST it, and write down what came of it."""
        try:
            status = outgoing.post(self.webhook.url, self.body.encode(), self.headers())
        except outgoing.Refused as error:
            self._failed(None, str(error))
        else:
            if 200 <= status < 300:
                self._arrived(status)
            else:
                self._failed(status, f"Resposta {status}.")

    def headers(self) -> dict[str, str]:
        stamp = str(int(timezone.now().timestamp()))
        signed = f"{stamp}.{self.body}".encode()
        digest = hmac.new(self.webhook.secret.encode(), signed, hashlib.sha256).hexdigest()
        return {
            "Content-Type": "application/json",
            "User-Agent": "painel-de-atendimento/1",
            "X-Painel-Event": self.type,
            "X-Painel-Delivery": str(self.pk),
            "X-Painel-Timestamp": stamp,
            "X-Painel-Signature": f"v1={digest}",
        }

    def again(self) -> None:
        """Put it back into the queue, whatever became of it."""
        self.outcome, self.next_at, self.created_at = (
            Outcome.WAITING,
            timezone.now(),
            timezone.now(),
        )
        self.save(update_fields=["outcome", "next_at", "created_at"])

    def _arrived(self, status: int) -> None:
        self.outcome, self.status, self.error = Outcome.DELIVERED, status, ""
        self.delivered_at = timezone.now()
        self.save(update_fields=["outcome", "status", "error", "delivered_at"])

    def _failed(self, status: int | None, error: str) -> None:
        pause = min(FIRST_PAUSE * 2 ** min(self.attempts - 1, 10), LONGEST_PAUSE)
        self.next_at = timezone.now() + pause * random.uniform(0.8, 1.2)
        self.status, self.error = status, error[:300]
        if self.next_at - self.created_at > PATIENCE:
            self.outcome = Outcome.GIVEN_UP
        self.save(update_fields=["next_at", "status", "error", "outcome"])
