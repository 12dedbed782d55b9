"""Who may see a number, asked from the agents' side, and the lock that keeps it so.

`Session.objects.visible_to(agent)` is the same rule from the number's side; a test compares both.
"""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from accounts.models import Agent
from accounts.rights import Can, Scope, roles_with
from whatsapp.models.session import Session


def sees(number: Any, agent: Any, person: str = "") -> Q:
    """Whether an active agent may see a number, as a condition on rows that know both.

    *number* and *agent* are values or references to the row's columns; *person* is the prefix of
    the agent's own columns in it (``assigned_to__``).
    """
    listed = Session.agents.through.objects.filter(session=number)
    # As `Agent.sees_all_numbers` says of one person; tests/test_withdrawn_rights.py compares both.
    everywhere = Q(**{f"{person}is_superuser": True}) | Q(
        **{f"{person}role__in": roles_with(Can.SEE_NUMBER, Scope.ALL)}
    )
    # A number that lists nobody is everybody's.
    attends = Q(~Exists(listed)) | Q(Exists(listed.filter(agent=agent)))
    return Q(**{f"{person}is_active": True}) & (everywhere | attends)


def agents_who_see(session_id: int) -> QuerySet[Agent]:
    """The active agents who may see the number: to whom its conversations may be handed."""
    return Agent.objects.filter(sees(session_id, OuterRef("pk")))


def colleagues(session_id: int) -> QuerySet[Agent]:
    """All active agents, each with `sees_number`: the choice of whom to transfer to."""
    rule = ExpressionWrapper(sees(session_id, OuterRef("pk")), BooleanField())
    return Agent.objects.filter(is_active=True).annotate(sees_number=rule)


def lock_agents(agents: QuerySet[Agent]) -> None:
    """Keep these agents' rights as they are until the transaction ends.

    Whoever puts a conversation into somebody's hands locks him first and the conversation second;
    whoever takes rights away locks him too, before he looks for what to return. So neither can
    pass the other unseen, and none waits for the other in a ring.
    """
    # By id: of two who lock several, none waits for the other in a ring. NO KEY: rows that refer to
    # an agent may be written meanwhile. `list` is what runs it.
    list(agents.order_by("pk").select_for_update(no_key=True, of=("self",)))


def lock_agent(agent: Agent) -> None:
    lock_agents(Agent.objects.filter(pk=agent.pk))
