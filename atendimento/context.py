"""What the templates of the chat are handed, whichever page or fragment renders them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404

from accounts.models import Agent
from accounts.rights import Can
from atendimento import client_card, thread
from whatsapp.models import Conversation, Outcome, Status
from whatsapp.models.access import colleagues

# The rights that decide which buttons and fields the chat pane has.
SHOWN = (Can.WRITE, Can.CLAIM, Can.TAKE_OVER, Can.TRANSFER, Can.FINISH, Can.REOPEN, Can.RESEND)


def get_conversation(agent: Agent, pk: int) -> Conversation:
    """A conversation that *agent* may see, with all that its row shows. Raises Http404."""
    # 404, not 403: that a conversation of a hidden number exists is told to nobody.
    return get_object_or_404(Conversation.objects.visible_to(agent).for_list(), pk=pk)


def chat_context(agent: Agent, conversation: Conversation) -> dict[str, Any]:
    """What header, thread, composer and client card show to this agent, who is noted to have
    read the conversation."""
    conversation.note_reading(agent)
    days, more = thread.days(conversation, agent)
    return {"days": days, "more": more} | header_context(agent, conversation)


def header_context(agent: Agent, conversation: Conversation) -> dict[str, Any]:
    """The same without the thread. What only some of its templates use is asked for by those."""
    client = conversation.contact.client
    mine = conversation.status == Status.ACTIVE and conversation.assigned_to == agent
    return {
        "conversation": conversation,
        "contact": conversation.contact,
        "client": client,
        "facts": client_card.facts(client) if client else (),
        # Lazy, like `colleagues`: a fragment that shows none of it asks nothing.
        "past": conversation.attendances.exclude(finished_at=None).select_related("agent")[:5],
        "mine": mine,
        "may": _rights(conversation, agent),
        "outcomes": Outcome.choices,
        "colleagues": _colleagues(conversation, agent),
    }


def _rights(conversation: Conversation, agent: Agent) -> dict[str, bool]:
    """{name of a right: whether *agent* has it here}, of a conversation that he can see."""
    # Seen already: `get_conversation` found it among the visible ones.
    distance = conversation.distance(agent, visible=True)
    return {can.name.lower(): agent.may(can, distance) for can in SHOWN}


def _colleagues(conversation: Conversation, agent: Agent) -> QuerySet[Agent]:
    """The choice of whom to transfer to, and how much each has in hand."""
    busy = Count("conversations", filter=Q(conversations__status=Status.ACTIVE))
    # Also those who do not see the number: the template says so instead of hiding them.
    others = colleagues(conversation.session_id).exclude(pk=agent.pk)
    return others.annotate(in_hand=busy)
