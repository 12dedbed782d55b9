"""Conversations of a number: the list, and the verbs of an attendance."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Agent
from api.rest import representations
from api.rest.envelope import said
from api.rest.freshness import unless_known
from api.rest.lookup import agent_of, conversation_named, number_named
from api.rest.paging import LARGEST_ID, Cursor, CursorField, Page
from api.rest.schema import PERSON, SESSION, Said, answers, data
from api.rest.serializers import ConversationSerializer, FinishSerializer, MoveSerializer
from api.rest.validation import asked, checked
from whatsapp.models import Conversation, ConversationQuerySet, Status


class ListQuery(Page):
    status = serializers.ChoiceField(choices=Status.choices, required=False)
    cursor = CursorField(required=False, help_text="O next da página anterior.")
    q = serializers.CharField(
        required=False, max_length=80, allow_blank=True, help_text="Nome, telefone ou CNPJ."
    )
    assigned_to = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=LARGEST_ID,
        help_text="Id do responsável; 0: ninguém.",
    )
    unread = serializers.BooleanField(required=False, allow_null=True, default=None)


class Conversations(APIView):
    @extend_schema(
        operation_id="conversations",
        summary="Conversas do número, as mais recentes primeiro",
        description="Páginas por offset (até 10.000) ou, sem limite de fundo, por cursor. "
        "Com If-None-Match responde 304 enquanto nada mudou. "
        "Permissão: quem atende o número, e supervisores.",
        parameters=[SESSION, ListQuery],
        responses=answers(
            {200: data(ConversationSerializer, "Conversations", many=True, paged=True)}, 400
        ),
    )
    def get(self, request: Request, sessionId: str) -> HttpResponseBase:
        number = number_named(request, sessionId)
        wanted = asked(ListQuery, request)
        found = _chosen(number.conversations.newest_first(), wanted)
        start = 0 if "cursor" in wanted else wanted["offset"]
        rows = list(
            found.values(*representations.CONVERSATION)[start : start + wanted["limit"] + 1]
        )
        shown = rows[: wanted["limit"]]
        last = shown[-1] if len(rows) > len(shown) else None
        body = {
            "success": True,
            "data": [representations.conversation(row, number.slug) for row in shown],
            "next": str(Cursor(last["last_message_at"], last["pk"])) if last else None,
        }
        return unless_known(request, body)


def _chosen(found: ConversationQuerySet, wanted: dict[str, Any]) -> ConversationQuerySet:
    if "status" in wanted:
        found = found.filter(status=wanted["status"])
    if "assigned_to" in wanted:
        found = found.filter(assigned_to=wanted["assigned_to"] or None)
    if wanted["unread"] is not None:
        found = found.unread() if wanted["unread"] else found.filter(unread_count=0)
    if words := wanted.get("q", "").strip():
        found = found.search(words)
    cursor = wanted.get("cursor")
    return found.after(cursor.at, cursor.pk) if cursor else found


class ConversationStatus(APIView):
    @extend_schema(
        operation_id="conversationStatus",
        summary="Assumir, devolver à fila ou finalizar",
        description="active assume (ou reabre) em nome de quem chama; pending devolve à fila; "
        "closed finaliza e exige outcome. Permissão: quem atende o número, e supervisores.",
        parameters=[SESSION, PERSON],
        request=PolymorphicProxySerializer(
            "StatusChange", [MoveSerializer, FinishSerializer], resource_type_field_name=None
        ),
        responses=answers(
            {200: data(ConversationSerializer, "ConversationStatus")}, 400, 409, 413, 415
        ),
    )
    def put(self, request: Request, sessionId: str, phoneNumber: str) -> Response:
        conversation = conversation_named(request, sessionId, phoneNumber)
        closing = request.data.get("status") == Status.CLOSED
        wanted = checked(FinishSerializer if closing else MoveSerializer, request.data)
        _move(conversation, agent_of(request), wanted)
        fresh = Conversation.objects.values(*representations.CONVERSATION).get(pk=conversation.pk)
        return Response({"success": True, "data": representations.conversation(fresh, sessionId)})


def _move(conversation: Conversation, agent: Agent, wanted: dict[str, Any]) -> None:
    """The page's own verbs, with their rules. Raises AlreadyClaimed, NotAllowed."""
    if wanted["status"] == Status.CLOSED:
        conversation.finish(agent, wanted["outcome"])
    elif wanted["status"] == Status.PENDING:
        if conversation.status != Status.PENDING:
            conversation.transfer(agent, None)
    elif conversation.status == Status.CLOSED:
        conversation.reopen(agent)
    else:
        conversation.claim(agent)


class ConversationRead(APIView):
    @extend_schema(
        operation_id="conversationRead",
        summary="Marcar como lida",
        description="O cliente vê os tiques azuis. Permissão: o responsável, e supervisores.",
        parameters=[SESSION, PERSON],
        request=None,
        responses=answers({200: Said}, 400, 409),
    )
    def put(self, request: Request, sessionId: str, phoneNumber: str) -> Response:
        conversation, agent = conversation_named(request, sessionId, phoneNumber), agent_of(request)
        conversation.mark_read(agent)
        return said("Conversa marcada como lida")
