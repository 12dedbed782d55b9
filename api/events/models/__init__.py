from api.events.models.delivery import DeliveryState, WebhookDelivery
from api.events.models.event import OF_A_NUMBER, Event, EventType
from api.events.models.webhook import Webhook

__all__ = ["OF_A_NUMBER", "DeliveryState", "Event", "EventType", "Webhook", "WebhookDelivery"]
