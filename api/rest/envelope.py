"""Every answer has one shape: {"success": true, "data": …} or {"success": true, "message": …};
an error {"success": false, "message": …, "errors"?: {field: [sentence, …]}}, with its status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import exceptions, status
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import exception_handler

from accounts.rights import NotAllowed
from whatsapp.models import AlreadyClaimed

SENTENCES = {
    status.HTTP_400_BAD_REQUEST: "Confira os dados enviados.",
    status.HTTP_401_UNAUTHORIZED: "Token ausente, inválido ou expirado.",
    status.HTTP_403_FORBIDDEN: "Você não tem permissão para isto.",
    status.HTTP_404_NOT_FOUND: "Não encontrado.",
    status.HTTP_405_METHOD_NOT_ALLOWED: "Este endereço não aceita este método.",
    status.HTTP_406_NOT_ACCEPTABLE: "Só respondemos em application/json.",
    status.HTTP_413_REQUEST_ENTITY_TOO_LARGE: "O corpo do pedido é grande demais.",
    status.HTTP_415_UNSUPPORTED_MEDIA_TYPE: "Envie application/json.",
    status.HTTP_429_TOO_MANY_REQUESTS: "Pedidos demais; espere um pouco.",
}


WRONG_PASSWORD = "wrong_password"


class Refused(exceptions.APIException):
    """The request is well formed, but the state of things forbids it."""

    status_code = status.HTTP_409_CONFLICT


class Invalid(exceptions.ValidationError):
    """One field of the request is wrong; the sentence is for people."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__({field: [sentence]})


class Envelope(JSONRenderer):
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        response = (renderer_context or {}).get("response")
        if response is None or response.status_code == status.HTTP_304_NOT_MODIFIED:
            return super().render(data, accepted_media_type, renderer_context)
        if not (isinstance(data, dict) and "success" in data):
            data = {"success": True, "data": data}
        return super().render(data, accepted_media_type, renderer_context)


def said(sentence: str, code: int = status.HTTP_200_OK) -> Response:
    return Response({"success": True, "message": sentence}, status=code)


def failure(sentence: str, errors: dict[str, list[str]] | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"success": False, "message": sentence}
    return body | ({"errors": errors} if errors else {})


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: the same status, our envelope. None lets a bug be a 500."""
    if isinstance(error, (AlreadyClaimed, NotAllowed)):
        error = Refused(str(error))
    response = exception_handler(error, context)
    if response is None:
        return None
    code = response.status_code
    sentence = SENTENCES.get(code, "O pedido não pôde ser atendido.")
    errors = None
    if isinstance(error, exceptions.ValidationError):
        errors = _fields(error.detail)
    elif isinstance(error, (Refused, exceptions.NotFound, exceptions.PermissionDenied)):
        sentence = str(error.detail) if _ours(error) else sentence
    elif getattr(getattr(error, "detail", None), "code", "") == WRONG_PASSWORD:
        sentence = "Usuário ou senha incorretos."
    elif isinstance(error, exceptions.ParseError):
        sentence = "O corpo do pedido não é um JSON válido."
    response.data = failure(sentence, errors)
    return response


def _ours(error: exceptions.APIException) -> bool:
    """Whether somebody wrote the sentence for this case, rather than DRF's default."""
    return str(error.detail) != str(type(error).default_detail)


def _fields(detail: Any, name: str = "") -> dict[str, list[str]]:
    """{"a": ["x"], "b": [{"c": ["y"]}]} → {"a": ["x"], "b.c": ["y"]}."""
    if isinstance(detail, dict):
        found: dict[str, list[str]] = {}
        for key, value in detail.items():
            found |= _fields(value, f"{name}.{key}" if name else str(key))
        return found
    sentences = detail if isinstance(detail, list) else [detail]
    nested = [one for one in sentences if isinstance(one, dict)]
    if nested:
        return {key: value for one in nested for key, value in _fields(one, name).items()}
    return {name or "pedido": [str(one) for one in sentences]}
