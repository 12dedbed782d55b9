"""The messages of a conversation: a page of them, and a new one."""

import re
from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.rights import Can
from api.rest import representations
from api.rest.envelope import Conflict
from api.rest.fields import Id
from api.rest.lookup import agent_of, conversation_named
from api.rest.schema import route
from api.rest.serializers import MessageSerializer, SendSerializer
from api.rest.validation import Page, validated_body, validated_query
from whatsapp.models import Conversation, Direction, Message, Origin

SEEN = (Can.SEE_CONVERSATION,)
KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": r"^[!-~]{1,80}$"},
    "header",
    description="A mesma chave de novo devolve a mesma mensagem e não envia outra vez.",
)


class ThreadQuery(Page):
    before = Id()
    after = Id()


class Messages(APIView):
    @route("messages", MessageSerializer(many=True), can=SEEN, parameters=[ThreadQuery])
    def get(self, request: Request, sessionId: str, phoneNumber: str) -> Response:
        """A página mais nova da conversa, em ordem crescente

        before/after: id de uma mensagem; offset conta a partir da mais nova. Legível também com o
        número desligado.
        """
        conversation = conversation_named(request, sessionId, phoneNumber)
        conversation.note_reading(agent_of(request))
        rows = _page(conversation, validated_query(ThreadQuery, request))
        sender = _address(conversation)
        return Response([representations.message(row, sender) for row in rows])


def _page(conversation: Conversation, wanted: dict[str, Any]) -> list[representations.Row]:
    found = conversation.messages.exclude(direction=Direction.SYSTEM).order_by("-at", "-pk")
    here = slice(wanted["offset"], wanted["offset"] + wanted["limit"])
    if "after" in wanted:
        # The page next to the id, not the newest of all: so read upwards, and not turned round.
        newer = found.after(_named(conversation, "after", wanted)).order_by("at", "pk")
        return list(newer.values(*representations.MESSAGE)[here])
    if "before" in wanted:
        found = found.before(_named(conversation, "before", wanted))
    return list(found.values(*representations.MESSAGE)[here])[::-1]


def _address(conversation: Conversation) -> str:
    return representations.address(conversation.contact.phone, conversation.chat_jid)


def _named(conversation: Conversation, field: str, wanted: dict[str, Any]) -> Message:
    message = conversation.messages.filter(pk=wanted[field]).first()
    if message is None:
        raise NotFound(f"Não há mensagem com o id de {field} nesta conversa.")
    return message


class Send(APIView):
    @route(
        "send",
        MessageSerializer(),
        409,
        can=(Can.WRITE, Can.BEGIN_CONVERSATION),
        status=202,
        request=SendSerializer,
        parameters=[KEY],
    )
    def post(self, request: Request, sessionId: str, phoneNumber: str) -> Response:
        """Pôr uma mensagem na fila do número

        202: está na fila, também com o número desligado; o status vem pelo fluxo de eventos. Um
        telefone sem conversa ganha uma, em nome de quem chama.
        """
        text, key = validated_body(SendSerializer, request)["text"], _key(request)
        agent = agent_of(request)
        # Together, so that a refusal leaves no conversation without a message.
        with transaction.atomic():
            conversation = conversation_named(request, sessionId, phoneNumber, begun=True)
            message = conversation.write(agent, text, f"api:{agent.pk}:{key}", origin=Origin.API)
            if message.conversation_id != conversation.pk or message.body != text.strip():
                raise Conflict("Esta Idempotency-Key já foi usada com outra mensagem.")
        row = Message.objects.values(*representations.MESSAGE).get(pk=message.pk)
        return Response(representations.message(row, _address(conversation)), status=202)


def _key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", str(uuid4()))
    if not re.fullmatch(r"[!-~]{1,80}", key):
        raise ValidationError({"Idempotency-Key": "Use de 1 a 80 caracteres ASCII, sem espaços."})
    return key
