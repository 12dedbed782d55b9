"""The messages of a conversation: a page of them, and a new one."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Agent
from api.rest import representations
from api.rest.envelope import Invalid, Refused
from api.rest.freshness import unless_known
from api.rest.lookup import agent_of, conversation_named, conversation_with
from api.rest.paging import LARGEST_ID, Page
from api.rest.schema import PERSON, SESSION, answers, data
from api.rest.serializers import MessageSerializer, SendSerializer
from api.rest.validation import asked, checked
from whatsapp.models import Conversation, Direction, Message, Origin

KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": r"^[!-~]{1,80}$"},
    "header",
    description="A mesma chave de novo devolve a mesma mensagem e não envia outra vez.",
)


class ThreadQuery(Page):
    before = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    after = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)


class Messages(APIView):
    @extend_schema(
        operation_id="messages",
        summary="A página mais nova da conversa, em ordem crescente",
        description="before/after: id de uma mensagem; offset conta a partir da mais nova. Legível "
        "também com o número desligado. Permissão: quem atende o número, e supervisores.",
        parameters=[SESSION, PERSON, ThreadQuery],
        responses=answers({200: data(MessageSerializer, "Messages", many=True)}, 400),
    )
    def get(self, request: Request, sessionId: str, phoneNumber: str) -> HttpResponseBase:
        conversation = conversation_named(request, sessionId, phoneNumber)
        wanted = asked(ThreadQuery, request)
        sender = _address(conversation)
        rows = [representations.message(row, sender) for row in _page(conversation, wanted)]
        return unless_known(request, {"success": True, "data": rows})


def _page(conversation: Conversation, wanted: dict[str, Any]) -> list[representations.Row]:
    found = conversation.messages.exclude(direction=Direction.SYSTEM).order_by("-at", "-pk")
    here = slice(wanted["offset"], wanted["offset"] + wanted["limit"])
    if "after" in wanted:
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
    @extend_schema(
        operation_id="send",
        summary="Pôr uma mensagem na fila do número",
        description="202: está na fila, também com o número desligado; o status vem pelo fluxo de "
        "eventos. Um telefone sem conversa ganha uma, em nome de quem chama. Permissão: o "
        "responsável pela conversa, e supervisores.",
        parameters=[SESSION, PERSON, KEY],
        request=SendSerializer,
        responses=answers({202: data(MessageSerializer, "Send")}, 400, 409, 413, 415),
    )
    def post(self, request: Request, sessionId: str, phoneNumber: str) -> Response:
        text, key = checked(SendSerializer, request.data)["text"], _key(request)
        # Together, so that a refusal leaves no conversation without a message.
        with transaction.atomic():
            conversation = conversation_with(request, sessionId, phoneNumber)
            message = _write(conversation, agent_of(request), text, key)
        row = Message.objects.values(*representations.MESSAGE).get(pk=message.pk)
        shown = representations.message(row, _address(conversation))
        return Response({"success": True, "data": shown}, status=202)


def _write(conversation: Conversation, agent: Agent, text: str, key: str) -> Message:
    key = f"api:{agent.pk}:{key}"
    message = conversation.write(agent, text, key, origin=Origin.API)
    if message.conversation_id != conversation.pk or message.body != text.strip():
        raise Refused("Esta Idempotency-Key já foi usada com outra mensagem.")
    return message


def _key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", str(uuid4()))
    if not re.fullmatch(r"[!-~]{1,80}", key):
        raise Invalid("Idempotency-Key", "Use de 1 a 80 caracteres ASCII, sem espaços.")
    return key
