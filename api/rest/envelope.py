"""Every answer has one shape: {"success": true, "data": …} or {"success": true, "message": …};
an error {"success": false, "message": …, "errors"?: {field: [sentence, …]}}, with its status."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import exception_handler
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError

from accounts.rights import NotAllowed
from whatsapp.models import AlreadyClaimed

# What a status means, for people and for the documentation, where nobody says it better.
SENTENCES = {
    400: "Confira os dados enviados.",
    401: "Token ausente, inválido ou expirado.",
    403: "Você não tem permissão para isto.",
    404: "Não encontrado.",
    405: "Este endereço não aceita este método.",
    406: "Só respondemos em application/json.",
    409: "O estado da conversa ou do número não permite isto.",
    412: "O cadastro mudou desde que você o leu: leia de novo e repita.",
    413: "O corpo do pedido é grande demais.",
    415: "Envie application/json.",
    429: "Pedidos demais; espere um pouco.",
}


class Conflict(exceptions.APIException):
    """The request is well formed, but the state of things forbids it."""

    status_code = 409


class Stale(exceptions.ValidationError):
    """The caller read an older version; the detail says of each field what became of it."""

    status_code = 412


class WrongPassword(exceptions.AuthenticationFailed):
    """Told apart from a token that opens nothing."""


class Paged(NamedTuple):
    """A page of a list, and the cursor of the following one (None: this is the last)."""

    rows: list[dict[str, Any]]
    next: str | None


class Envelope(JSONRenderer):
    """Puts a text into "message", all else into "data"; errors are in their shape already."""

    charset = "utf-8"

    def render(
        self, data: Any, media_type: str | None = None, context: Mapping[str, Any] | None = None
    ) -> bytes:
        if context is None or context["response"].status_code < 400:
            data = {"success": True, **_named(data)}
        return super().render(data, media_type, context)


def _named(data: Any) -> dict[str, Any]:
    if isinstance(data, Paged):
        return {"data": data.rows, "next": data.next}
    return {"message" if isinstance(data, str) else "data": data}


def failure(sentence: str, errors: dict[str, list[str]] | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"success": False, "message": sentence}
    return body | ({"errors": errors} if errors else {})


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: the same status, our envelope. None lets a bug be a 500."""
    match error:
        case AlreadyClaimed() | NotAllowed():
            error = Conflict(str(error))
        case TokenError():
            error = InvalidToken()
        case ValidationError():
            details = error.message_dict if hasattr(error, "error_dict") else error.messages
            error = exceptions.ValidationError(details)
    response = exception_handler(error, context)
    if response is not None:
        errors = _errors(error) if isinstance(error, exceptions.ValidationError) else None
        response.data = failure(_sentence(error, response.status_code), errors)
    return response


def _sentence(error: Exception, code: int) -> str:
    """What somebody wrote for this case; else what the status means."""
    if isinstance(error, exceptions.ParseError):
        return "O corpo do pedido não é um JSON válido."
    ours = (Conflict, WrongPassword, exceptions.NotFound, exceptions.PermissionDenied)
    if isinstance(error, ours) and str(error.detail) != str(type(error).default_detail):
        return str(error.detail)
    return SENTENCES.get(code, "O pedido não pôde ser atendido.")


def _errors(error: exceptions.ValidationError) -> dict[str, list[str]]:
    """{field: [sentence, …]}; what concerns no field is of the request ("pedido")."""
    details = error.detail if isinstance(error.detail, dict) else {"pedido": error.detail}
    return {_whole(field): [_whole(one) for one in said] for field, said in details.items()}


def _whole(text: object) -> str:
    """JSON can spell half of a character, and errors quote what was sent: "?" stands for it."""
    return str(text).encode(errors="replace").decode()
