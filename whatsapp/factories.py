from __future__ import annotations

from datetime import timedelta

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from clients.factories import ClientFactory as ClientFactory
from whatsapp.models import (
    Attendance,
    Contact,
    Conversation,
    Delivery,
    Direction,
    Message,
    Origin,
    Session,
    State,
    Status,
    Wanted,
)


class SessionFactory(DjangoModelFactory):
    """A number that is up."""

    class Meta:
        model = Session
        skip_postgeneration_save = True

    slug = factory.Sequence(lambda n: f"numero-{n}")
    name = factory.Sequence(lambda n: f"Vendas {n}")
    phone = factory.Sequence(lambda n: f"55119111{n:05}")
    wanted = Wanted.ON
    state = State.ONLINE
    lease_until = factory.LazyFunction(lambda: timezone.now() + timedelta(hours=1))


class ContactFactory(DjangoModelFactory):
    class Meta:
        model = Contact

    push_name = factory.Sequence(lambda n: f"Cliente {n}")
    phone = factory.Sequence(lambda n: f"55119900{n:05}")


class ConversationFactory(DjangoModelFactory):
    """A conversation with one unread message and its open attendance."""

    class Meta:
        model = Conversation
        skip_postgeneration_save = True

    session = factory.SubFactory(SessionFactory)
    contact = factory.SubFactory(ContactFactory)
    chat_jid = factory.Sequence(lambda n: f"2000000{n:06}@lid")
    status = Status.PENDING
    unread_count = 1

    @factory.post_generation
    def opened(self: Conversation, create: bool, *_: object, **__: object) -> None:
        Attendance.objects.create(conversation=self)
        first: Message = MessageFactory(conversation=self)
        self.last_message, self.last_message_at = first, first.at
        if self.status == Status.PENDING:
            self.waiting_since = self.waiting_since or first.at
        self.save()


class MessageFactory(DjangoModelFactory):
    """A message that came in."""

    class Meta:
        model = Message

    conversation = factory.SubFactory(ConversationFactory)
    session = factory.SelfAttribute("conversation.session")
    direction = Direction.IN
    body = "Bom dia"
    wa_id = factory.Sequence(lambda n: f"IN{n}")


class OutgoingMessageFactory(MessageFactory):
    direction = Direction.OUT
    origin = Origin.DESK
    delivery = Delivery.SENT
    wa_id = factory.Sequence(lambda n: f"OUT{n}")
