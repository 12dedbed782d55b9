"""What stands around the panes: the counters of the queue, and the numbers that are down."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Agent
from whatsapp.models import ConversationQuerySet, Session, State


def queue_of(visible: ConversationQuerySet) -> dict[str, Any]:
    """What the tabs and the empty page say of the queue; since when its first waits is in unix
    seconds there."""
    counters = visible.queue()
    first = counters.pop("first")
    return {"counters": counters, "oldest": first and first.timestamp()}


def numbers_down(agent: Agent) -> list[Session]:
    """Numbers that should be up and need somebody, or have been away for a minute."""
    wanted = Session.objects.visible_to(agent).wanted_by_someone()
    return [session for session in wanted if _down(session)]


def _down(session: Session) -> bool:
    if session.shown_state == State.RECONNECTING:
        # Most reconnects take seconds, and a band for each would be read no more.
        return timezone.now() - session.state_since > timedelta(minutes=1)
    return session.needs_a_hand
