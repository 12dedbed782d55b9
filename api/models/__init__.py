from api.models.delivery import Delivery, Outcome
from api.models.event import OF_A_NUMBER, Event, EventType
from api.models.webhook import Webhook

__all__ = ["OF_A_NUMBER", "Delivery", "Event", "EventType", "Outcome", "Webhook"]
