"""Who sees what, in memory: the twin of `visible_to`, for what sockets are told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar

from accounts.models import Agent
from whatsapp.models import Conversation, ConversationQuerySet, Session

Key = TypeVar("Key")


@dataclass(frozen=True)
class Sight:
    """The numbers that an agent may see; `everything` when that is all of them, new ones too.

    Equal for agents who see the same, so that what depends on nothing else is made once for all.
    """

    everything: bool
    numbers: frozenset[int]

    @classmethod
    def of(cls, agents: Collection[Agent]) -> dict[int, Sight]:
        """{agent id: what he sees now}, in one query for all."""
        visible = Session.objects.visible_by_agent(agents) if agents else {}
        return {
            # Without numbers: all supervisors are equal so, and a new number is in it at once.
            agent.pk: cls(True, frozenset())
            if agent.sees_all_numbers
            else cls(False, visible[agent.pk])
            for agent in agents
        }

    def sees(self, session_id: int | None) -> bool:
        """Whether what belongs to that number may be shown."""
        return self.everything or session_id in self.numbers

    def conversations(self) -> ConversationQuerySet:
        """The same in SQL: what `Conversation.objects.visible_to` gives for these agents."""
        if self.everything:
            return Conversation.objects.all()
        return Conversation.objects.filter(session__in=self.numbers)

    def covers(self, other: Sight) -> bool:
        """Whether nothing that *other* sees is hidden here."""
        # Less than everything never covers it, though it may name all numbers of today.
        if self.everything or other.everything:
            return self.everything
        return other.numbers <= self.numbers


def with_sights(agents: Mapping[Key, Agent]) -> dict[Key, tuple[Agent, Sight]]:
    """Each agent with what he sees now, by the log-in or token that speaks for him; one query."""
    # Asked by agent: somebody may have many pages open.
    sights = Sight.of(set(agents.values()))
    return {key: (agent, sights[agent.pk]) for key, agent in agents.items()}
