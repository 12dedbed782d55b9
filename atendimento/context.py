"""What the templates of the chat are handed, whichever page or fragment renders them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404

from accounts.models import Agent
from atendimento import client_card, thread
from whatsapp.models import Conversation, Outcome, Status


def get_conversation(agent: Agent, pk: int) -> Conversation:
    """A conversation that *agent* may see, with all that its row shows. Raises Http404."""
    return get_object_or_404(Conversation.objects.visible_to(agent).for_list(), pk=pk)


def chat_context(agent: Agent, conversation: Conversation) -> dict[str, Any]:
    """What header, thread, composer and client card show to this agent."""
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
        "past": conversation.attendances.exclude(finished_at=None).select_related("agent")[:5],
        "mine": mine,
        "outcomes": Outcome.choices,
        "colleagues": _colleagues(agent),
    }


def _colleagues(agent: Agent) -> QuerySet[Agent]:
    """To whom this agent may transfer, and how much each has in hand."""
    busy = Count("conversations", filter=Q(conversations__status=Status.ACTIVE))
    return Agent.objects.filter(is_active=True).exclude(pk=agent.pk).annotate(in_hand=busy)
