"""How long events, deliveries and ended log-ins are kept."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from rest_framework_simplejwt.settings import api_settings

from api.events.models import Event, WebhookDelivery
from api.login import EndedLogin
from live.retention import alone

DELIVERIES = timedelta(days=7)
# Any number that nothing else locks.
EVENTS = 0x6576656E74


def prune() -> None:
    """Delete what is older; one process at a time does it, the others go on."""
    with alone(EVENTS) as mine:
        if mine:
            _prune()


def _prune() -> None:
    # By the index event_age; docs/api-events.md promises cursors to be good for so long.
    Event.objects.expired(timedelta(hours=settings.CHANGE_RETENTION_HOURS)).delete()
    # Of what is settled: whatever waits is never forgotten.
    WebhookDelivery.objects.expired(DELIVERIES).delete()
    # A refresh token of that log-in has expired by then.
    EndedLogin.objects.expired(api_settings.REFRESH_TOKEN_LIFETIME).delete()
