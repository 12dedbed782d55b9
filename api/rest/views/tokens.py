"""Log-in for programs: an access token for 15 minutes, a refresh for 7 days and one use."""

from typing import Any

from django.contrib.auth import authenticate
from django.db import transaction
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.tokens import RefreshToken, UntypedToken

from accounts.models import Agent
from api import authentication
from api.rest.envelope import WrongPassword
from api.rest.fields import Text
from api.rest.schema import MessageOnly, route
from api.rest.throttles import PerAddress
from api.rest.validation import Body, validated_body


class Credentials(Body):
    username = Text(max_length=150, trim_whitespace=False)
    password = Text(max_length=128, trim_whitespace=False)


class RefreshOnly(Body):
    refresh = Text(max_length=2000, trim_whitespace=False)


class AnyToken(Body):
    token = Text(max_length=2000, trim_whitespace=False)


class Pair(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()


class PublicView(APIView):
    """Open to all, throttled by the caller's address."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []
    throttle_classes = [PerAddress]

    def get_authenticate_header(self, request: Request) -> str:
        """A refusal is 401 although nobody is asked for a token here."""
        return 'Bearer realm="api"'


class NotFoundView(PublicView):
    """Whatever else is asked below /api/."""

    throttle_classes = []
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound("Não existe este endereço na API.")


class Obtain(PublicView):
    @route("token", Pair(), 403, request=Credentials, auth=[])
    def post(self, request: Request) -> Response:
        """Entrar: usuário e senha por um par de tokens

        Senhas erradas demais fecham o acesso por um tempo. Uma senha provisória não abre a API.
        """
        # The guard counts failures on Django's own request.
        agent = authenticate(request._request, **validated_body(Credentials, request))
        if not isinstance(agent, Agent):
            raise WrongPassword("Usuário ou senha incorretos.")
        if agent.must_change_password:
            raise PermissionDenied(authentication.PROVISIONAL)
        return _pair(authentication.begin_login(agent))


class Refresh(PublicView):
    @route("refreshToken", Pair(), request=RefreshOnly, auth=[])
    @transaction.atomic
    def post(self, request: Request) -> Response:
        """Trocar o refresh por um par novo; o usado deixa de valer"""
        # One transaction: of two who bring the same token the second waits, and finds it used.
        return _pair(authentication.renew_login(validated_body(RefreshOnly, request)["refresh"]))


class Verify(PublicView):
    @route("verifyToken", MessageOnly, request=AnyToken, auth=[])
    def post(self, request: Request) -> Response:
        """Conferir se um token ainda vale

        Vale o que ainda abre alguma coisa: assinado, no prazo, não usado, de um atendente ativo.
        """
        token: Any = validated_body(AnyToken, request)["token"]
        known = UntypedToken(token)
        if known["token_type"] == RefreshToken.token_type:
            RefreshToken(token)  # which also asks whether it was used
        authentication.TokenAuthentication().get_user(known)
        return Response("Token válido")


class LogOut(PublicView):
    @route("blacklistToken", MessageOnly, request=RefreshOnly, auth=[])
    @transaction.atomic
    def post(self, request: Request) -> Response:
        """Sair: o refresh e os tokens que vieram dele deixam de valer

        Também os fluxos de eventos abertos com eles terminam.
        """
        authentication.end_login(validated_body(RefreshOnly, request)["refresh"])
        return Response("Até logo")


def _pair(refresh: RefreshToken) -> Response:
    return Response({"access": str(refresh.access_token), "refresh": str(refresh)})
