"""From the address of a route to the rows that its caller may see; 404 for all others."""

from __future__ import annotations

from typing import cast

from django.core.exceptions import ValidationError
from django.http import Http404
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request

from accounts.models import Agent
from api.rest.envelope import Invalid
from clients import phone
from whatsapp import jid
from whatsapp.models import AddressKind, ContactAddress, Conversation, Session
from whatsapp.models.begin import begin

LONGEST = 64


def agent_of(request: Request) -> Agent:
    return cast(Agent, request.user)


def number_named(request: Request, session_id: str) -> Session:
    """The number with this identifier. Raises NotFound."""
    number = Session.objects.visible_to(agent_of(request)).filter(slug=session_id).first()
    if number is None:
        raise NotFound("Número não encontrado.")
    return number


def only_supervisors(request: Request) -> None:
    """Raises PermissionDenied."""
    if not agent_of(request).supervises:
        raise PermissionDenied("Só supervisores mudam a ligação de um número.")


def conversation_named(request: Request, session_id: str, person: str) -> Conversation:
    """The conversation of a number with whom *person* names. Raises NotFound, ValidationError."""
    kind, value = address_of(person)
    key = phone.match_key(value) if kind == AddressKind.PHONE else value
    found = ContactAddress.objects.filter(kind=kind, key=key).values("contact")
    visible = Conversation.objects.visible_to(agent_of(request)).select_related("contact")
    conversation = visible.filter(session__slug=session_id, contact__in=found).first()
    if conversation is None:
        number_named(request, session_id)
        raise NotFound("Não há conversa com este telefone neste número.")
    return conversation


def address_of(text: str) -> tuple[AddressKind, str]:
    """("phone", E.164 digits) or ("lid", digits). Takes what a person types, and WhatsApp's own
    forms. Raises ValidationError naming phoneNumber."""
    user, at, server = text.strip().partition("@")
    user = user.partition(":")[0]
    if at and server == jid.LID_SERVER and user.isascii() and user.isdecimal() and len(user) < 30:
        return AddressKind.LID, user
    if len(text) > LONGEST or (at and server not in (jid.PHONE_SERVER, "c.us")):
        raise Invalid("phoneNumber", "Use um telefone com DDD, ou o endereço do WhatsApp.")
    try:
        return AddressKind.PHONE, phone.parse(f"+{user}" if at else user)
    except ValidationError as error:
        raise Invalid("phoneNumber", error.messages[0]) from error


def conversation_with(request: Request, session_id: str, person: str) -> Conversation:
    """As `conversation_named`, but a telephone that nobody wrote from yet gets its conversation,
    in the caller's hands."""
    try:
        return conversation_named(request, session_id, person)
    except (NotFound, Http404):
        number, (kind, value) = number_named(request, session_id), address_of(person)
        if kind != AddressKind.PHONE:
            raise
    return begin(number, value, agent_of(request))
