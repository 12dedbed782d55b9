"""Log-in for programs: a pair of JWT, the access good for 15 minutes, the refresh for 7 days and
for one use."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.serializers import (
    TokenBlacklistSerializer,
    TokenObtainPairSerializer,
    TokenRefreshSerializer,
    TokenVerifySerializer,
)
from rest_framework_simplejwt.tokens import UntypedToken

from accounts.models import Agent
from api.rest.envelope import WRONG_PASSWORD, said
from api.rest.fields import Text
from api.rest.schema import Said, answers, data
from api.rest.throttles import PerAddressAtTheDoor
from api.rest.validation import Strict, checked


class Credentials(Strict):
    username = Text(max_length=150, trim_whitespace=False)
    password = Text(max_length=128, trim_whitespace=False)


class RefreshToken(Strict):
    refresh = Text(max_length=2000, trim_whitespace=False)


class AnyToken(Strict):
    token = Text(max_length=2000, trim_whitespace=False)


class Pair(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()


class Door(APIView):
    """Open to all, slower to each address."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []
    throttle_classes = [PerAddressAtTheDoor]

    def get_authenticate_header(self, request: Request) -> str:
        """A refusal is 401 although nobody is asked for a token here."""
        return 'Bearer realm="api"'

    def exchange(self, form: type[serializers.Serializer[Any]], request: Request) -> Any:
        """What simplejwt gives for the request. Raises AuthenticationFailed, InvalidToken."""
        # The guard asks Django's own request for the address.
        exchange = form(data=request.data, context={"request": request._request})
        try:
            exchange.is_valid(raise_exception=True)
        except (TokenError, exceptions.ValidationError, Agent.DoesNotExist) as error:
            # The shape is checked before; what simplejwt still refuses cannot be right.
            raise InvalidToken from error
        return exchange.validated_data


def one_at_a_time(token: str) -> None:
    """Make whoever brings the same token wait for the end of our transaction: simplejwt looks
    whether it was used and writes that it is in two steps."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [token])


def must_open_something(token: str) -> None:
    """Raises AuthenticationFailed when its agent is gone, inactive, or has a new password."""
    JWTAuthentication().get_user(UntypedToken(token))  # type: ignore[arg-type]


class Obtain(Door):
    @extend_schema(
        operation_id="token",
        summary="Entrar: usuário e senha por um par de tokens",
        description="Permissão: todos. Cinco senhas erradas de um usuário fecham a porta por 1 "
        "minuto; cada outra por 2, 4, 8 e 15. Com senha provisória: 403.",
        request=Credentials,
        responses=answers({200: data(Pair, "Token")}, 400, 403, 413, 415),
        auth=[],
    )
    def post(self, request: Request) -> Response:
        checked(Credentials, request.data)
        try:
            pair = self.exchange(TokenObtainPairSerializer, request)
        except exceptions.AuthenticationFailed as error:
            raise exceptions.AuthenticationFailed(code=WRONG_PASSWORD) from error
        return Response({"success": True, "data": pair})


class Refresh(Door):
    @extend_schema(
        operation_id="refreshToken",
        summary="Trocar o refresh por um par novo; o usado deixa de valer",
        description="Permissão: todos.",
        request=RefreshToken,
        responses=answers({200: data(Pair, "RefreshToken")}, 400, 413, 415),
        auth=[],
    )
    def post(self, request: Request) -> Response:
        token = checked(RefreshToken, request.data)["refresh"]
        with transaction.atomic():
            one_at_a_time(token)
            pair = self.exchange(TokenRefreshSerializer, request)
            must_open_something(pair["access"])
        return Response({"success": True, "data": pair})


class Verify(Door):
    @extend_schema(
        operation_id="verifyToken",
        summary="Conferir se um token ainda vale",
        description="Vale o que ainda abre alguma coisa: assinado, no prazo, de um atendente "
        "ativo. Permissão: todos.",
        request=AnyToken,
        responses=answers({200: Said}, 400, 413, 415),
        auth=[],
    )
    def post(self, request: Request) -> Response:
        token = checked(AnyToken, request.data)["token"]
        self.exchange(TokenVerifySerializer, request)
        must_open_something(token)
        return said("Token válido")


class LogOut(Door):
    @extend_schema(
        operation_id="blacklistToken",
        summary="Sair: o refresh deixa de valer",
        description="Permissão: todos. O access ainda vale até o fim dos seus 15 minutos.",
        request=RefreshToken,
        responses=answers({200: Said}, 400, 413, 415),
        auth=[],
    )
    def post(self, request: Request) -> Response:
        checked(RefreshToken, request.data)
        self.exchange(TokenBlacklistSerializer, request)
        return said("Até logo")
