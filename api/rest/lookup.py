"""From the address of a route to the rows that its caller may see; 404 for all others."""

from typing import cast

from django.core.exceptions import ValidationError
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request

from accounts.models import Agent
from accounts.rights import BY_VERB, Can
from whatsapp import address
from whatsapp.models import AddressKind, ContactAddress, Conversation, Session
from whatsapp.models.begin import begin


def agent_of(request: Request) -> Agent:
    return cast(Agent, request.user)


def check_right(request: Request, can: Can) -> None:
    """Raises PermissionDenied, in the words of the table of rights."""
    if not agent_of(request).may(can):
        raise PermissionDenied(f"Você não tem este direito: {BY_VERB[can].label}.")


def number_named(request: Request, session_id: str) -> Session:
    """The number with this identifier. Raises NotFound."""
    number = Session.objects.visible_to(agent_of(request)).filter(slug=session_id).first()
    if number is None:
        raise NotFound("Número não encontrado.")
    return number


def conversation_named(
    request: Request, session_id: str, person: str, *, begun: bool = False
) -> Conversation:
    """The conversation of a number with whom *person* names. *begun*: a telephone that nobody
    wrote from yet gets one, in the caller's hands. Raises NotFound, ValidationError."""
    try:
        kind, value = address.parse(person)
    except ValidationError as error:
        raise ValidationError({"phoneNumber": error.messages}) from error
    found = ContactAddress.objects.filter(kind=kind, key=address.key_of(kind, value))
    visible = Conversation.objects.visible_to(agent_of(request)).select_related("contact__client")
    named = visible.filter(session__slug=session_id, contact__in=found.values("contact")).first()
    if named is not None:
        return named
    number = number_named(request, session_id)  # of the two, says which is unknown
    if begun and kind == AddressKind.PHONE:
        return begin(number, value, agent_of(request))
    raise NotFound("Não há conversa com este telefone neste número.")
