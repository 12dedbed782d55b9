"""What the verbs of `accounts.people` ask first: whom one may change, with the rows locked."""

from __future__ import annotations

from accounts.models import Agent
from accounts.rights import Can, NotAllowed


def locked(by: Agent, person: Agent) -> Agent:
    """The row of *person*, locked until the end of the transaction, if *by* may change it.

    The administrators' rows are locked with it, in one order: of two administrators who deactivate
    each other, one finds that he would leave none. *by* is locked too, and asked as he is now: his
    own right may have ended since his request began.
    """
    rows = Agent.objects.order_by("pk").select_for_update()
    # By id, so that two who lock each other's rows never wait in a ring; agents before their
    # conversations, as `whatsapp.models.access.lock_agents` has it.
    pair = rows.filter(pk__in=(person.pk, by.pk))
    found = {one.pk: one for one in rows.administrators() | pair}
    fresh: Agent = found[person.pk]
    if fresh.pk == by.pk:
        raise NotAllowed(
            "Isto outra pessoa faz por você; a sua senha e o seu nome mudam em Ajustes."
        )
    check_right(found[by.pk], fresh)
    return fresh


def check_right(by: Agent, person: Agent) -> None:
    """Raises NotAllowed (pt-BR) unless *by* may change *person* by the table of rights."""
    if not by.may(Can.MANAGE_PEOPLE):
        raise NotAllowed("Só a supervisão cuida das pessoas.")
    if not by.may(Can.MANAGE_PEOPLE, person.distance):
        raise NotAllowed("Só a administração cuida de quem administra.")


def check_last_administrator(person: Agent, done: str) -> None:
    """Raises NotAllowed if nobody would be left to administer; call with the rows `locked`."""
    # Asked by a statement of its own, which sees what was committed while this one waited for the
    # rows: of two who demote each other the second is refused.
    others = Agent.objects.administrators().filter(is_active=True).exclude(pk=person.pk)
    if person.administers and not others.exists():
        raise NotAllowed(f"{person} é a única pessoa da administração e não pode ser {done}.")
