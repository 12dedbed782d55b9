"""Rows are made into shapes without the models: they must say what the models and the schema do."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.factories import AgentFactory
from api.rest import representations
from api.rest.serializers import ConversationSerializer, MessageSerializer
from whatsapp.factories import (
    ClientFactory,
    ConversationFactory,
    MessageFactory,
    OutgoingMessageFactory,
)
from whatsapp.models import Conversation, Kind, Message

pytestmark = pytest.mark.django_db


def _conversation(made: Conversation) -> dict[str, Any]:
    row = Conversation.objects.values(*representations.CONVERSATION).get(pk=made.pk)
    return representations.conversation(row, made.session.slug)


def _message(made: Message) -> dict[str, Any]:
    return representations.message(
        Message.objects.values(*representations.MESSAGE).get(pk=made.pk), "1@lid"
    )


def test_conversations_are_what_the_schema_says() -> None:
    for holder in (None, AgentFactory(first_name="Ana", last_name="Lima")):
        shown = _conversation(ConversationFactory(assigned_to=holder))
        assert shown == dict(ConversationSerializer(shown).data)


def test_messages_are_what_the_schema_says() -> None:
    thread = ConversationFactory()
    for message in (MessageFactory(conversation=thread), OutgoingMessageFactory()):
        assert _message(message) == dict(MessageSerializer(_message(message)).data)


@pytest.mark.parametrize("known", ["client", "name", "business_name", "push_name", "phone", ""])
def test_a_name_is_the_one_of_the_pages(known: str) -> None:
    names = ["client", "name", "business_name", "push_name", "phone"]
    values: dict[str, Any] = dict.fromkeys(["name", "business_name", "push_name", "phone"], "")
    for name in names[names.index(known) :] if known else []:
        values[name] = "5511999998888" if name == "phone" else name
    if "client" in values:
        values["client"] = ClientFactory(name="Padaria Sol")
    made = ConversationFactory(**{f"contact__{name}": value for name, value in values.items()})
    assert _conversation(made)["name"] == made.contact.display_name
    assert _conversation(made)["clientId"] == made.contact.client_id


def test_the_last_line_and_the_holder_are_those_of_the_pages() -> None:
    holder = AgentFactory(first_name="", last_name="", username="ana")
    made = ConversationFactory(assigned_to=holder)
    assert _conversation(made)["assignedTo"] == {"id": holder.pk, "name": "ana"}
    photo = MessageFactory(conversation=made, kind=Kind.IMAGE, body="a fachada")
    for last, shown in ((photo, "Foto · a fachada"), (None, None)):
        Conversation.objects.filter(pk=made.pk).update(last_message=last)
        assert _conversation(made)["lastMessage"] == shown
