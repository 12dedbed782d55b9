"""Whose card an agent may see, twice: in SQL for lists, in memory for what is told live."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Model, OuterRef, Q, Subquery
from django.db.models.lookups import IsNull

from accounts.models import Agent
from accounts.rights import Can, Scope, scope_of


def visible(clients: Any, agent: Agent) -> Any:
    """Of the QuerySet *clients*, those with a conversation on a number that *agent* sees, those he
    is responsible for, and those who have no conversation at all; all of them to supervisors."""
    scope = scope_of(agent, Can.SEE_CLIENT)
    if scope == Scope.ALL:
        return clients
    reached = Q(responsible=agent) if scope > Scope.NONE else Q(pk__in=())
    if scope >= Scope.VISIBLE:
        # A look-up for each row that is shown, by the indexes of contact and conversation. A join
        # would give a client once for each conversation; of EXISTS PostgreSQL makes a hash of all
        # conversations, though a page wants fifty clients.
        theirs = conversations(clients.model).filter(contact__client=OuterRef("pk")).order_by()
        one_seen = Subquery(theirs.visible_to(agent).values("pk")[:1])
        one = Subquery(theirs.values("pk")[:1])
        reached |= Q(IsNull(one_seen, False)) | Q(IsNull(one, True))
    return clients.filter(reached)


# test_sql_and_memory_agree_on_whose_card_one_sees compares this with the above.
def shows(
    agent: Agent,
    numbers: Collection[int],
    responsible: int | None,
    client_numbers: Collection[int],
) -> bool:
    """The same of one client, in memory: *numbers* are the ids of those that the agent sees,
    *client_numbers* of those that the client has a conversation on."""
    scope = scope_of(agent, Can.SEE_CLIENT)
    if scope == Scope.ALL:
        return True
    reached = scope > Scope.NONE and responsible == agent.pk
    if scope >= Scope.VISIBLE:
        reached = reached or not client_numbers or not set(numbers).isdisjoint(client_numbers)
    return reached


def conversations(clients: type[Model]) -> Any:
    """The QuerySet of conversations, reached by the relations: the room of clients stands below
    theirs and imports nothing of it, and who sees a conversation is their rule."""
    contacts: Any = clients._meta.get_field("contacts").related_model
    return contacts._meta.get_field("conversations").related_model._default_manager.all()
