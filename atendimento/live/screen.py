"""What a browser's page has before it, as far as it decides which changes concern it."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Agent
from atendimento.look import ListQuery
from atendimento.sight import Sight


@dataclass(eq=False)
class Screen:
    """Who looks, at which list, with which conversation open, and what he may see."""

    agent: Agent
    query: ListQuery
    conversation: int | None
    sight: Sight

    def opens(self, pk: int, session_id: int | None) -> bool:
        """Whether that conversation is open here and may be seen."""
        return pk == self.conversation and self.sight.sees(session_id)
