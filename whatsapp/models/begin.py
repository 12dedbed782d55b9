"""Starting a conversation with a telephone from which nobody wrote yet."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts.models import Agent
from accounts.rights import Can, NotAllowed, Scope
from whatsapp import jid
from whatsapp.events import Person
from whatsapp.models.conversation import Conversation, Status
from whatsapp.models.identify import identify
from whatsapp.models.session import Session


def begin(number: Session, telephone: str, by: Agent) -> Conversation:
    """The conversation of *number* with *telephone* (E.164 digits), made in *by*'s hands where
    there is none. Raises NotAllowed."""
    if not by.may(Can.BEGIN_CONVERSATION, Scope.VISIBLE):
        raise NotAllowed("Você não pode começar conversas neste número.")
    person = Person(jid.of_phone(telephone), phone=telephone)
    with transaction.atomic():
        # The worker makes conversations under the same lock, and trusts that nobody else does.
        Session.objects.select_for_update(no_key=True).get(pk=number.pk)
        contact = identify([(person, "")])[person]
        conversation, made = Conversation.objects.get_or_create(
            session=number,
            contact=contact,
            defaults={
                "chat_jid": str(person.chat),
                "status": Status.ACTIVE,
                "assigned_to": by,
            },
        )
        if made:
            conversation.attendances.create(agent=by, claimed_at=timezone.now())
            conversation.announce_changed()
    return conversation
