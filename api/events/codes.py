"""Pairing codes: told live, to those who may pair, and written down nowhere.

Whoever reads a code can make his own telephone the number's. So an event says only that there is a
code; the code itself is added on the way out, as long as it is the number's current one.
"""

from __future__ import annotations

from accounts.models import Agent
from accounts.rights import Can
from api.events.models import Event, EventType
from whatsapp.models import Session, State


def with_codes(events: list[Event]) -> list[Event]:
    """*events*, those of a code that still stands with it; one query, and only if there are any."""
    asked = [event for event in events if event.type == EventType.QR]
    if asked:
        # As the number is now: an event that was slow must not bring a code that is void.
        pairing = Session.objects.filter(state=State.PAIRING).exclude(qr="")
        numbers = pairing.in_bulk({event.session_id for event in asked})
        for event in asked:
            number = numbers.get(event.session_id)
            # Its own code, not a later one, which has an event of its own.
            if number and event.data.get("expiresAt") == expiry(number):
                event.data["qr"] = number.qr
    return events


def expiry(number: Session) -> str | None:
    return number.qr_expires_at.isoformat() if number.qr_expires_at else None


def hears(agent: Agent, event: Event) -> bool:
    """Whether *agent* is told of *event*: of a code only who may pair, and only while it stands."""
    if event.type != EventType.QR:
        return True
    return "qr" in event.data and agent.may(Can.CONNECT_NUMBER)
