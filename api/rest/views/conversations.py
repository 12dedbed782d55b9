"""Conversations of a number: the list, and the verbs of an attendance."""

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Agent
from accounts.rights import Can
from api.rest import representations
from api.rest.envelope import Paged
from api.rest.fields import Cursor, CursorField, Id
from api.rest.lookup import agent_of, conversation_named, number_named
from api.rest.schema import MessageOnly, route
from api.rest.serializers import ConversationSerializer, FinishSerializer, MoveSerializer
from api.rest.validation import Search, validated_body, validated_query
from whatsapp.models import Conversation, ConversationQuerySet, Status

MOVES = (Can.CLAIM, Can.REOPEN, Can.TRANSFER, Can.FINISH)
STATUS_CHANGE = PolymorphicProxySerializer(
    "StatusChange", [MoveSerializer, FinishSerializer], resource_type_field_name=None
)


class ListQuery(Search):
    status = serializers.ChoiceField(choices=Status.choices, required=False)
    cursor = CursorField(required=False, help_text="O next da página anterior.")
    assigned_to = Id(min_value=0, help_text="Id do responsável; 0: ninguém.")
    unread = serializers.BooleanField(required=False, allow_null=True, default=None)


class Conversations(APIView):
    @route(
        "conversations",
        ConversationSerializer(many=True),
        can=(Can.SEE_CONVERSATION,),
        paged=True,
        parameters=[ListQuery],
    )
    def get(self, request: Request, sessionId: str) -> Response:
        """Conversas do número, as mais recentes primeiro

        Páginas por offset (até 10.000) ou, sem limite de fundo, por cursor. Com If-None-Match
        responde 304 enquanto nada mudou.
        """
        number, wanted = number_named(request, sessionId), validated_query(ListQuery, request)
        found = _chosen(number.conversations.newest_first(), wanted)
        start, limit = 0 if "cursor" in wanted else wanted["offset"], wanted["limit"]
        # One row more than a page tells that there is a next one.
        rows = list(found.values(*representations.CONVERSATION)[start : start + limit + 1])
        last = rows[limit - 1] if len(rows) > limit else None
        following = str(Cursor(last["last_message_at"], last["pk"])) if last else None
        shown = [representations.conversation(row, number.slug) for row in rows[:limit]]
        return Response(Paged(shown, following))


def _chosen(found: ConversationQuerySet, wanted: dict[str, Any]) -> ConversationQuerySet:
    if "status" in wanted:
        found = found.filter(status=wanted["status"])
    if "assigned_to" in wanted:
        found = found.filter(assigned_to=wanted["assigned_to"] or None)
    if wanted["unread"] is not None:
        found = found.unread() if wanted["unread"] else found.filter(unread_count=0)
    found, cursor = found.search(wanted.get("q", "")), wanted.get("cursor")
    return found.after(cursor.at, cursor.pk) if cursor else found


class ConversationStatus(APIView):
    @route("conversationStatus", ConversationSerializer(), 409, can=MOVES, request=STATUS_CHANGE)
    def put(self, request: Request, sessionId: str, phoneNumber: str) -> Response:
        """Assumir, devolver à fila ou finalizar

        active assume (ou reabre) em nome de quem chama; pending devolve à fila; closed finaliza e
        exige outcome. Quem não pode recebe 409, com o motivo.
        """
        conversation = conversation_named(request, sessionId, phoneNumber)
        closing = request.data.get("status") == Status.CLOSED  # which alone has an outcome
        wanted = validated_body(FinishSerializer if closing else MoveSerializer, request)
        _move(conversation, agent_of(request), wanted)
        fresh = Conversation.objects.values(*representations.CONVERSATION).get(pk=conversation.pk)
        return Response(representations.conversation(fresh, sessionId))


def _move(conversation: Conversation, agent: Agent, wanted: dict[str, Any]) -> None:
    """Call the verb that leads to the wanted status. Raises AlreadyClaimed, NotAllowed."""
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
    @route("conversationRead", MessageOnly, 400, 409, can=(Can.MARK_READ,))
    def put(self, request: Request, sessionId: str, phoneNumber: str) -> Response:
        """Marcar como lida

        O cliente vê os tiques azuis.
        """
        conversation_named(request, sessionId, phoneNumber).mark_read(agent_of(request))
        return Response("Conversa marcada como lida")
