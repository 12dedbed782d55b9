"""Beginning a conversation with a telephone that nobody wrote from yet."""

from __future__ import annotations

from django.db import transaction

from accounts.models import Agent
from accounts.rights import Can, NotAllowed, Scope
from whatsapp import jid
from whatsapp.events import Person
from whatsapp.models.access import agents_who_see, lock_agent
from whatsapp.models.attendance import Attendance
from whatsapp.models.conversation import Conversation
from whatsapp.models.identify import identify
from whatsapp.models.session import Session
from whatsapp.models.status import Status


def begin(number: Session, telephone: str, by: Agent) -> Conversation:
    """The conversation of *number* with *telephone* (E.164 digits); a new one is in *by*'s hands.

    One that exists is returned as it is, whoever has it. Raises NotAllowed.
    """
    person = Person(jid.of_phone(telephone), phone=telephone)
    with transaction.atomic():
        # The agent before the number and the threads, as every verb that locks him.
        lock_agent(by)
        _check(number, by)
        # The worker makes conversations under the same lock, and trusts that nobody else does.
        Session.objects.select_for_update(no_key=True).get(pk=number.pk)
        contact = identify([(person, "")])[person]
        conversation, made = Conversation.objects.get_or_create(
            session=number,
            contact=contact,
            # Closed, so that `Attendance.open` is what opens it; the wire's new threads begin so
            # too.
            defaults={"chat_jid": str(person.chat), "status": Status.CLOSED},
        )
        if made:
            Attendance.open(conversation, by)
            conversation.announce_changed()
    return conversation


def _check(number: Session, by: Agent) -> None:
    sees = agents_who_see(number.pk).filter(pk=by.pk).exists()
    if not by.may(Can.BEGIN_CONVERSATION, Scope.VISIBLE if sees else Scope.ALL):
        raise NotAllowed("Você não atende este número.")
