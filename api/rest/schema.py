"""What OpenAPI needs to be told: the envelope around each answer, and the errors of each route."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    inline_serializer,
)
from rest_framework import serializers

from api.rest.envelope import SENTENCES, failure
from api.rest.examples import EXAMPLES

ERRORS = {
    400: "Dados inválidos; errors nomeia os campos.",
    401: "Token ausente, inválido ou expirado.",
    403: "Conhecido, mas não permitido a quem chama.",
    404: "Não existe, ou quem chama não pode saber que existe.",
    405: "Método não aceito.",
    406: "Só application/json.",
    409: "O estado da conversa ou do número não permite.",
    413: "Corpo maior que 64 KB.",
    415: "Envie application/json.",
    429: "Pedidos demais; veja Retry-After.",
}


class Failure(serializers.Serializer[Any]):
    success = serializers.BooleanField(default=False)
    message = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), required=False
    )


class Said(serializers.Serializer[Any]):
    success = serializers.BooleanField(default=True)
    message = serializers.CharField()


def data(shape: Any, name: str, *, many: bool = False, paged: bool = False) -> Any:
    """The envelope around *shape*."""
    inner = shape(many=True) if many else shape()
    fields: dict[str, Any] = {"success": serializers.BooleanField(default=True), "data": inner}
    if paged:
        fields["next"] = serializers.CharField(
            allow_null=True, help_text="Cursor da página seguinte; null na última."
        )
    return inline_serializer(name=f"{name}Answer", fields=fields)


def answers(good: dict[int, Any], *codes: int) -> dict[int, Any]:
    """*good* and the errors of a route; what every route may say is always among them."""
    told = sorted({401, 404, 405, 406, 429, *codes})
    return good | {code: _error(code) for code in told}


def _error(code: int) -> OpenApiResponse:
    named = {"text": ["Escreva uma mensagem."]} if code == 400 else None
    body = failure(SENTENCES.get(code, "Ana assumiu antes de você."), named)
    example = OpenApiExample("Erro", body, response_only=True, status_codes=[str(code)])
    return OpenApiResponse(Failure, description=ERRORS[code], examples=[example])


SESSION = OpenApiParameter(
    "sessionId",
    str,
    "path",
    description="Identificador do número.",
    pattern="^[-a-zA-Z0-9_]{1,64}$",
)
PERSON = OpenApiParameter(
    "phoneNumber",
    {"type": "string", "format": "phone"},
    "path",
    description="Telefone com DDD, com ou sem +55, máscara e nono dígito; …@s.whatsapp.net; ou "
    "…@lid para quem esconde o telefone.",
)


def bodies_are_strict(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A route that takes a body takes no empty one, and no field that it does not know."""
    for path in result["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "requestBody" in operation:
                operation["requestBody"]["required"] = True
    for name, shape in result["components"]["schemas"].items():
        if name.endswith("Request") and "properties" in shape:
            shape["additionalProperties"] = False
    return result


class Schema(AutoSchema):
    """Operation ids in the words of the routes; one tag for each first segment."""

    def get_examples(self) -> list[OpenApiExample]:
        return EXAMPLES[self.get_operation_id()]

    def get_tags(self) -> list[str]:
        return [self.path.strip("/").split("/")[1]]
