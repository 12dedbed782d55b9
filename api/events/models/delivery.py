from __future__ import annotations

import hashlib
import hmac
import json
import random
from datetime import timedelta

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone

from api.events import outgoing
from api.events.models.event import Event

# A day: whoever was away longer reads by REST. Pauses double from the first to the longest.
GIVE_UP_AFTER = timedelta(hours=24)
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)


def pause(times: int) -> timedelta:
    """How long to wait after that many failures: 10 s, 20 s, 40 s … 1 h, give or take a fifth."""
    # The exponent is bounded before the minimum, for timedelta overflows; the fifth keeps addresses
    # that fell together from coming back together.
    return min(FIRST_PAUSE * 2 ** min(times - 1, 10), LONGEST_PAUSE) * random.uniform(0.8, 1.2)


class DeliveryState(models.TextChoices):
    WAITING = "waiting", "na fila"
    DELIVERED = "delivered", "entregue"
    GIVEN_UP = "given_up", "desistiu"


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def due(self) -> WebhookDeliveryQuerySet:
        # In the order of the events; who was refused waits behind its `next_at`, and others pass
        # it.
        waiting = self.filter(state=DeliveryState.WAITING, next_at__lte=timezone.now())
        return waiting.order_by("pk")

    def give_up_old(self) -> int:
        """Of an address that is silent: what waited for a day without getting its turn."""
        late = timezone.now() - GIVE_UP_AFTER
        old = self.filter(state=DeliveryState.WAITING, created_at__lt=late)
        return old.update(state=DeliveryState.GIVEN_UP, error="O endereço não respondeu a tempo.")

    def expired(self, age: timedelta) -> WebhookDeliveryQuerySet:
        """What was settled that long ago."""
        old = self.filter(created_at__lt=timezone.now() - age)
        return old.exclude(state=DeliveryState.WAITING)


class WebhookDelivery(models.Model):
    """One event on its way to one webhook: the queue, and the log."""

    webhook = models.ForeignKey("api.Webhook", models.CASCADE, related_name="deliveries")
    event_id = models.BigIntegerField("evento")
    type = models.CharField("tipo", max_length=24)
    # The very bytes that are signed: a repeated try sends what the first one sent.
    body = models.TextField("corpo")
    state = models.CharField(
        "situação", max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    attempts = models.PositiveIntegerField("tentativas", default=0)
    next_at = models.DateTimeField("próxima em", default=timezone.now)
    status = models.PositiveSmallIntegerField("resposta", null=True)
    error = models.CharField("erro", max_length=300, blank=True)
    delivered_at = models.DateTimeField("entregue em", null=True)
    created_at = models.DateTimeField("criada em", default=timezone.now)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "entrega"
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event_id"], name="one_delivery_per_event")
        ]
        indexes = [
            models.Index(
                fields=["webhook", "id"], name="delivery_queue", condition=Q(state="waiting")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.webhook} {self.event_id}"

    @classmethod
    def of(cls, webhook_id: int, event: Event) -> WebhookDelivery:
        body = json.dumps(event.frame, cls=DjangoJSONEncoder, ensure_ascii=False)
        return cls(webhook_id=webhook_id, event_id=event.pk, type=event.type, body=body)

    def send(self) -> bool:
        """POST it, and write down what came of it; False when nobody answered."""
        self.attempts += 1
        try:
            # Outside any transaction: nothing is locked while another's server thinks. If we die
            # between the answer and the writing, it is sent again, under the same
            # X-Painel-Delivery.
            status = outgoing.post(self.webhook.url, self.body.encode(), self.headers())
        except outgoing.Refused as error:
            self._failed(None, str(error))
            return False
        if 200 <= status < 300:
            self._arrived(status)
        elif 300 <= status < 400:
            # Not followed: the place it names was checked by nobody.
            self._failed(status, f"Resposta {status}: redirecionamentos não são seguidos.")
        else:
            self._failed(status, f"Resposta {status}.")
        return True

    def headers(self) -> dict[str, str]:
        stamp = str(int(timezone.now().timestamp()))
        # The time is signed too, so that whoever receives it can refuse an old one.
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
        # Its day begins anew, or the next failure would give it up at once.
        self.state, self.next_at, self.created_at = (
            DeliveryState.WAITING,
            timezone.now(),
            timezone.now(),
        )
        self.save(update_fields=["state", "next_at", "created_at"])
        self.webhook.release()

    def _arrived(self, status: int) -> None:
        self.state, self.status, self.error = DeliveryState.DELIVERED, status, ""
        self.delivered_at = timezone.now()
        self.save(update_fields=["state", "attempts", "status", "error", "delivered_at"])

    def _failed(self, status: int | None, error: str) -> None:
        """After a silence (no *status*) it keeps its place: the whole address rests instead."""
        self.next_at = timezone.now() + (pause(self.attempts) if status else timedelta(0))
        self.status, self.error = status, error[:300]
        # Judged by the next try: one that would come too late is not waited for.
        if self.next_at - self.created_at > GIVE_UP_AFTER:
            self.state = DeliveryState.GIVEN_UP
        self.save(update_fields=["next_at", "attempts", "status", "error", "state"])
