"""What becomes of open work when somebody may not do it any more."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from accounts import audit
from accounts.models import Agent
from accounts.rights import Can, NotAllowed, Scope
from live import announce
from whatsapp.models.access import agents_who_see, lock_agents
from whatsapp.models.attendance_event import Reason
from whatsapp.models.conversation import Conversation
from whatsapp.models.session import Session


def return_withdrawn(agent_id: int | None = None, session_id: int | None = None) -> int:
    """Put back into the queue what is in the hands of somebody inactive, or who may not see the
    number any more; return how many that was.

    Called, in the same transaction, after rights were taken away: from one agent, or on one number.
    """
    # Its callers hold the agents' locks: nobody is handed more while this looks.
    held = Conversation.objects.withdrawn()
    if agent_id is not None:
        held = held.filter(assigned_to=agent_id)
    if session_id is not None:
        held = held.filter(session=session_id)
    with transaction.atomic():
        # In id order, as the wire locks them.
        found = list(held.select_for_update(no_key=True, of=("self",)).order_by("pk"))
        for conversation in found:
            conversation.give_back(Reason.WITHDRAWN)
    return len(found)


def set_agents(session: Session, by: Agent, agents: Iterable[Agent]) -> None:
    """Say who attends *session* (nobody: all do). What others have open there goes back to the
    queue. Raises NotAllowed."""
    wanted = sorted(agents, key=lambda agent: agent.pk)
    with transaction.atomic():
        if not by.may(Can.CONNECT_NUMBER, Scope.ALL):
            raise NotAllowed("Só a supervisão muda quem atende um número.")
        # Two who change the list do it one after the other.
        session.hold()
        old = list(session.agents.order_by("pk"))
        if old == wanted:
            return
        # Before the list changes: whoever is just handing work to one of them ends first, and what
        # he handed over is then found.
        lock_agents(agents_who_see(session.pk))
        session.agents.set(wanted)
        audit.record(by, "number.agents", session, old=_names(old), new=_names(wanted))
        return_withdrawn(session_id=session.pk)
        announce.session_changed(session.pk)


def _names(agents: list[Agent]) -> str:
    return ", ".join(map(str, agents)) or "todos"
