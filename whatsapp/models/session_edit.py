"""What people do to the row of a number: add it, name it, remove it."""

from __future__ import annotations

from django.db import transaction

from accounts import audit
from accounts.models import Agent
from live import announce
from whatsapp.models.session import Session


class NotRemovable(Exception):
    """The number has history or is connected; the text is for people (pt-BR)."""


def create_number(by: Agent, slug: str, name: str) -> Session:
    """Add a number. Raises NotAllowed, and IntegrityError when there is one with that slug."""
    number = Session(slug=slug, name=name)
    number.must_allow(by)
    with transaction.atomic():
        number.save()
        audit.record(by, "number.created", number, new=name)
    return number


def rename_number(number: Session, by: Agent, name: str) -> None:
    """Give it another nickname. Raises NotAllowed."""
    number.must_allow(by)
    with transaction.atomic():
        held = number.hold()
        old, number.name = held.name, name
        if old == name:
            return
        # Only this: the worker writes the rest of the row all the time.
        number.save(update_fields=["name"])
        audit.record(by, "number.name", number, old=old, new=name)
        announce.session_changed(number.pk)


def remove_number(number: Session, by: Agent) -> None:
    """Delete a number without history. Raises NotAllowed, NotRemovable."""
    number.must_allow(by)
    with transaction.atomic():
        # FOR UPDATE: nobody begins a conversation here, or takes the lease, until it is gone.
        held = Session.objects.select_for_update().filter(pk=number.pk).first()
        if held is None:
            return
        if held.conversations.exists():
            raise NotRemovable("Este número tem conversas e não pode ser removido; desconecte-o.")
        if held.owned:
            raise NotRemovable("Desconecte o número antes de remover.")
        audit.record(by, "number.removed", held, old=held.name)
        held.delete()
