"""How long events, deliveries and ended log-ins are kept."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from rest_framework_simplejwt.settings import api_settings

from api.events.models import Event, WebhookDelivery
from api.login import EndedLogin

DELIVERIES = timedelta(days=7)


def prune() -> None:
    """Delete what is older. Several processes may do so at once."""
    Event.objects.expired(timedelta(hours=settings.CHANGE_RETENTION_HOURS)).delete()
    WebhookDelivery.objects.expired(DELIVERIES).delete()
    # A refresh token of that log-in has expired by then.
    EndedLogin.objects.expired(api_settings.REFRESH_TOKEN_LIFETIME).delete()
