"""A number of ours: start it, see how it is, unlink it."""

from django.db import IntegrityError
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.rights import Can
from api.rest.envelope import Conflict
from api.rest.lookup import agent_of, check_right, number_named
from api.rest.schema import MessageOnly, route
from api.rest.serializers import NumberSerializer
from whatsapp.models import Session, Wanted, create_number


class AlreadyBegun(Conflict):
    status_code = 400  # as the clients of old expect


class Initialize(APIView):
    @route("initialize", MessageOnly, 400, 403, can=(Can.CONNECT_NUMBER,))
    def post(self, request: Request, sessionId: str) -> Response:
        """Ligar o número, ou criá-lo e gerar o QR

        Responde na hora; o QR vem pelo GET do número e pelo fluxo de eventos.
        """
        if not _number_or_new(request, sessionId).begin(agent_of(request)):
            raise AlreadyBegun("Sessão já inicializada")
        return Response("Inicialização em andamento")


class Number(APIView):
    @route("number", NumberSerializer(), can=(Can.SEE_NUMBER,))
    def get(self, request: Request, sessionId: str) -> Response:
        """Estado do número, QR durante o pareamento, tamanho da fila

        qr é null quando não vale mais, e para quem não pode conectar números.
        """
        number, context = number_named(request, sessionId), {"agent": agent_of(request)}
        return Response(NumberSerializer(number, context=context).data)


class Logout(APIView):
    @route("logout", MessageOnly, 403, can=(Can.CONNECT_NUMBER,))
    def post(self, request: Request, sessionId: str) -> Response:
        """Desvincular o número do celular

        O histórico continua legível.
        """
        number = number_named(request, sessionId)
        check_right(request, Can.CONNECT_NUMBER)
        number.want(Wanted.LOGOUT, agent_of(request))
        return Response("Desconexão em andamento")


def _number_or_new(request: Request, slug: str) -> Session:
    """Who may not connect numbers is told no more than that there is none."""
    try:
        number = number_named(request, slug)
    except NotFound:
        if not agent_of(request).may(Can.CONNECT_NUMBER):
            raise
        try:
            number = create_number(agent_of(request), slug, slug[:60])
        # Two at once get the same one: the slug is unique.
        except IntegrityError:
            number = number_named(request, slug)
    check_right(request, Can.CONNECT_NUMBER)
    return number
