from __future__ import annotations

import secrets
import time
from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from api.events import outgoing
from api.events.models.delivery import WebhookDelivery, pause
from api.events.models.event import Event, EventType

# Events of one transaction, in which the webhook's row is held.
BATCH = 500
# Longer than a round of one address can take; who died in it keeps its events waiting this long.
LEASE = timedelta(seconds=60)
# How long one address may take of a round, in seconds.
SECONDS_EACH = 5.0


def new_secret() -> str:
    return secrets.token_urlsafe(32)


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def free(self) -> WebhookQuerySet:
        """Those that nobody delivers to right now, and that do not rest after a silence."""
        return self.filter(active=True, rests_until__lte=timezone.now())

    def due(self) -> WebhookQuerySet:
        waiting = WebhookDelivery.objects.due().filter(webhook=OuterRef("pk"))
        return self.free().filter(Exists(waiting))


class Webhook(models.Model):
    """An address of another system that wants the events POSTed to it."""

    name = models.CharField("nome", max_length=60)
    url = models.URLField("endereço", max_length=500)
    # As it is, not hashed: each delivery is signed with it.
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
    # The last event that was looked at; None until the first round.
    cursor = models.BigIntegerField(null=True, editable=False)
    rests_until = models.DateTimeField("próxima vez em", default=timezone.now, editable=False)
    silences = models.PositiveIntegerField("vezes sem resposta", default=0, editable=False)
    created_at = models.DateTimeField("criado em", auto_now_add=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        verbose_name = "webhook"

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        try:
            # Also asked before each POST: a name may lead elsewhere by then.
            outgoing.check(self.url)
        except outgoing.Refused as error:
            raise ValidationError({"url": str(error)}) from error

    def take_events(self) -> int:
        """Make deliveries of the events that came since the last time, each once; return how many
        events were read. A new webhook begins with what happens from now on."""
        with transaction.atomic():
            # Another round has it: that one takes what there is. The row as it is now, not `self`:
            # the cursor may have moved since.
            me = Webhook.objects.select_for_update(skip_locked=True).filter(pk=self.pk).first()
            if me is None or not me.active:
                return 0
            if me.cursor is None:
                me.cursor = Event.objects.aggregate(last=models.Max("pk"))["last"] or 0
            found = list(Event.objects.filter(pk__gt=me.cursor).order_by("pk")[:BATCH])
            WebhookDelivery.objects.bulk_create(
                [WebhookDelivery.of(me.pk, event) for event in found if me.wants(event)],
                # A net under the cursor: put back by hand, it makes no event go out twice
                # (one_delivery_per_event).
                ignore_conflicts=True,
            )
            me.cursor = found[-1].pk if found else me.cursor
            # In the transaction of the deliveries: neither is there without the other.
            me.save(update_fields=["cursor"])
        return len(found)

    def deliver(self, most: int) -> int:
        """Send up to *most* of what is due, in order; return how many were tried.

        One deliverer at a time has a webhook. An address that does not answer is left alone for a
        while, so that it keeps the others waiting no longer than for one try.
        """
        if not self._hold():
            return 0
        end, tried = time.monotonic() + SECONDS_EACH, 0
        # By the index delivery_queue, oldest first.
        for delivery in self.deliveries.due()[:most]:
            tried += 1
            if not delivery.send():
                self.rest()
                return tried
            # Its turn is over, not its queue: a slow address must not hold a thread for itself.
            if time.monotonic() > end:
                break
        self.release()
        return tried

    def _hold(self) -> bool:
        until = timezone.now() + LEASE
        # Of two who want it one changes the row. `rests_until` is lease and rest alike: who dies
        # holding it frees it by the clock.
        return bool(Webhook.objects.free().filter(pk=self.pk).update(rests_until=until))

    def release(self) -> None:
        """It answered, or somebody says that it will."""
        Webhook.objects.filter(pk=self.pk).update(rests_until=timezone.now(), silences=0)

    def rest(self) -> None:
        """It did not answer: leave it alone for a while, longer each time."""
        until: datetime = timezone.now() + pause(self.silences + 1)
        # Counted in SQL: this object was read before the round.
        Webhook.objects.filter(pk=self.pk).update(rests_until=until, silences=F("silences") + 1)
        self.deliveries.give_up_old()

    def wants(self, event: Event) -> bool:
        mine = self.session_id in (None, event.session_id)
        return mine and (not self.types or event.type in self.types)
