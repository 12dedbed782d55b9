"""Log-in for programs: a pair of JWT, the access good for 15 minutes, the refresh for 7 days and
for one use."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.serializers import (
    TokenBlacklistSerializer,
    TokenObtainPairSerializer,
    TokenRefreshSerializer,
    TokenVerifySerializer,
)

from api.envelope import said
from api.fields import Text
from api.schema import Said, answers, data
from api.throttles import PerAddressAtTheDoor


class Credentials(serializers.Serializer[Any]):
    username = Text(max_length=150, trim_whitespace=False)
    password = Text(max_length=128, trim_whitespace=False)


class RefreshToken(serializers.Serializer[Any]):
    refresh = Text(max_length=2000, trim_whitespace=False)


class AnyToken(serializers.Serializer[Any]):
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
        """What simplejwt gives for the request. Raises ValidationError, InvalidToken."""
        # axes counts failures on Django's own request.
        exchange = form(data=request.data, context={"request": request._request})
        try:
            exchange.is_valid(raise_exception=True)
        except TokenError as error:
            raise InvalidToken(error.args[0]) from error
        except exceptions.ValidationError as error:
            # The shape is checked before; what simplejwt still refuses cannot be right.
            raise exceptions.AuthenticationFailed(code="no_active_account") from error
        return exchange.validated_data


class Obtain(Door):
    @extend_schema(
        operation_id="token",
        summary="Entrar: usuário e senha por um par de tokens",
        request=Credentials,
        responses=answers({200: data(Pair, "Token")}, 400, 413, 415),
        auth=[],
    )
    def post(self, request: Request) -> Response:
        Credentials(data=request.data).is_valid(raise_exception=True)
        return Response(
            {"success": True, "data": self.exchange(TokenObtainPairSerializer, request)}
        )


class Refresh(Door):
    @extend_schema(
        operation_id="refreshToken",
        summary="Trocar o refresh por um par novo; o usado deixa de valer",
        request=RefreshToken,
        responses=answers({200: data(Pair, "RefreshToken")}, 400, 413, 415),
        auth=[],
    )
    def post(self, request: Request) -> Response:
        RefreshToken(data=request.data).is_valid(raise_exception=True)
        return Response({"success": True, "data": self.exchange(TokenRefreshSerializer, request)})


class Verify(Door):
    @extend_schema(
        operation_id="verifyToken",
        summary="Conferir se um token ainda vale",
        request=AnyToken,
        responses=answers({200: Said}, 400, 413, 415),
        auth=[],
    )
    def post(self, request: Request) -> Response:
        AnyToken(data=request.data).is_valid(raise_exception=True)
        self.exchange(TokenVerifySerializer, request)
        return said("Token válido")


class LogOut(Door):
    @extend_schema(
        operation_id="blacklistToken",
        summary="Sair: o refresh deixa de valer",
        request=RefreshToken,
        responses=answers({200: Said}, 400, 413, 415),
        auth=[],
    )
    def post(self, request: Request) -> Response:
        RefreshToken(data=request.data).is_valid(raise_exception=True)
        self.exchange(TokenBlacklistSerializer, request)
        return said("Até logo")
