from api.events.models import OF_A_NUMBER, Delivery, Event, EventType, Outcome, Webhook

__all__ = ["OF_A_NUMBER", "Delivery", "Event", "EventType", "Outcome", "Webhook"]
