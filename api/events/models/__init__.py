from api.events.models.delivery import Delivery, Outcome
from api.events.models.event import OF_A_NUMBER, Event, EventType
from api.events.models.webhook import Webhook

__all__ = ["OF_A_NUMBER", "Delivery", "Event", "EventType", "Outcome", "Webhook"]
