"""A number of ours: start it, see how it is, unlink it."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.rest.envelope import failure, said
from api.rest.lookup import agent_of, number_named, only_supervisors
from api.rest.schema import SESSION, Said, answers, data
from api.rest.serializers import NumberSerializer
from whatsapp.models import Session, Wanted


class Initialize(APIView):
    @extend_schema(
        operation_id="initialize",
        summary="Ligar o número, ou criá-lo e gerar o QR",
        description="Responde na hora; o QR vem pelo GET do número e pelo fluxo de eventos. "
        "Permissão: supervisores.",
        parameters=[SESSION],
        request=None,
        responses=answers({200: Said}, 400, 403),
    )
    def post(self, request: Request, sessionId: str) -> Response:
        number = _number_or_new(request, sessionId)
        if not number.begin():
            return Response(failure("Sessão já inicializada"), status=400)
        return said("Inicialização em andamento")


class Number(APIView):
    @extend_schema(
        operation_id="number",
        summary="Estado do número, QR durante o pareamento, tamanho da fila",
        description="Permissão: quem atende o número, e supervisores.",
        parameters=[SESSION],
        responses=answers({200: data(NumberSerializer, "Number")}),
    )
    def get(self, request: Request, sessionId: str) -> Response:
        return Response(
            {"success": True, "data": NumberSerializer(number_named(request, sessionId)).data}
        )


class Logout(APIView):
    @extend_schema(
        operation_id="logout",
        summary="Desvincular o número do celular",
        description="O histórico continua legível. Permissão: supervisores.",
        parameters=[SESSION],
        request=None,
        responses=answers({200: Said}, 403),
    )
    def post(self, request: Request, sessionId: str) -> Response:
        number = number_named(request, sessionId)
        only_supervisors(request)
        number.want(Wanted.LOGOUT)
        return said("Desconexão em andamento")


def _number_or_new(request: Request, slug: str) -> Session:
    """Who may not make numbers is told no more than that there is none."""
    try:
        number = number_named(request, slug)
    except NotFound:
        if not agent_of(request).supervises:
            raise
        return _made(slug)
    only_supervisors(request)
    return number


def _made(slug: str) -> Session:
    try:
        with transaction.atomic():
            return Session.objects.create(slug=slug, name=slug[:60])
    except IntegrityError:
        return Session.objects.get(slug=slug)
