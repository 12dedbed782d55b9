from api.events.models import (
    OF_A_NUMBER,
    DeliveryState,
    Event,
    EventType,
    Webhook,
    WebhookDelivery,
)
from api.login import EndedLogin

__all__ = [
    "OF_A_NUMBER",
    "DeliveryState",
    "EndedLogin",
    "Event",
    "EventType",
    "Webhook",
    "WebhookDelivery",
]
