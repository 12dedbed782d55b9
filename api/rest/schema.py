"""What OpenAPI needs to be told of a route: the envelope, the errors, and who may call it."""

import inspect
import re
from collections.abc import Callable
from typing import Any

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    inline_serializer,
)
from rest_framework import serializers

from accounts.rights import Can
from accounts.rights_words import who_may
from api.authentication import TokenAuthentication
from api.rest.envelope import SENTENCES, failure
from api.rest.examples import examples_of

# Every route may answer with these; one that takes a body or parameters with more.
ALWAYS = {401, 404, 405, 406, 429}
SLUG = {"type": "string", "pattern": "^[-a-zA-Z0-9_]{1,64}$"}
IN_PATH = {
    "id": OpenApiParameter("id", int, "path", description="Id do cliente."),
    "sessionId": OpenApiParameter(
        "sessionId", SLUG, "path", description="Identificador do número."
    ),
    "phoneNumber": OpenApiParameter(
        "phoneNumber",
        {"type": "string", "format": "phone"},
        "path",
        description="Telefone com DDD, com ou sem +55, máscara e nono dígito; "
        "…@s.whatsapp.net; ou …@lid para quem esconde o telefone.",
    ),
}


class TokenScheme(SimpleJWTScheme):
    """Our tokens are documented as simplejwt's own."""

    target_class = TokenAuthentication  # type: ignore[assignment]


class Failure(serializers.Serializer[Any]):
    success = serializers.BooleanField(default=False)
    message = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), required=False
    )


class MessageOnly(serializers.Serializer[Any]):
    success = serializers.BooleanField(default=True)
    message = serializers.CharField()


def route(
    operation: str,
    answer: Any,
    *errors: int,
    can: tuple[Can, ...] = (),
    status: int = 200,
    paged: bool = False,
    request: Any = None,
    **more: Any,
) -> Callable[[Any], Any]:
    """Document a method, whose docstring is what people read: the summary, then more of it.

    *answer* is what stands in `data`, or MessageOnly; *can* the rights it may ask for.
    """
    if answer is not MessageOnly:
        answer = _enveloped(answer, f"{operation[0].upper()}{operation[1:]}Answer", paged)
    queried = any(isinstance(one, type) for one in more.get("parameters", ()))
    asked = {400, 413, 415} if request else {400} if queried else set()
    codes = sorted(ALWAYS | asked | set(errors))

    who = " ".join(map(who_may, can)) or "todos."

    def decorate(method: Any) -> Any:
        summary, _, text = (inspect.getdoc(method) or "").partition("\n\n")
        return extend_schema(
            operation_id=operation,
            summary=summary,
            description=f"{text}\n\nPermissão: {who}".strip(),
            request=request,
            responses={status: answer} | {code: _error(code) for code in codes},
            **more,
        )(method)

    return decorate


def _enveloped(inner: Any, name: str, paged: bool) -> Any:
    fields: dict[str, Any] = {"success": serializers.BooleanField(default=True), "data": inner}
    if paged:
        words = "Cursor da página seguinte; null na última."
        fields["next"] = serializers.CharField(allow_null=True, help_text=words)
    return inline_serializer(name=name, fields=fields)


def _error(code: int) -> OpenApiResponse:
    named = {"text": ["Escreva uma mensagem."]} if code == 400 else None
    body = failure(SENTENCES[code], named)
    example = OpenApiExample("Erro", body, response_only=True, status_codes=[str(code)])
    return OpenApiResponse(Failure, description=SENTENCES[code], examples=[example])


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

    def get_override_parameters(self) -> list[Any]:
        in_path = [IN_PATH[name] for name in re.findall(r"{(\w+)}", self.path)]
        return [*super().get_override_parameters(), *in_path]

    def get_examples(self) -> list[OpenApiExample]:
        return examples_of(self.get_operation_id())

    def get_tags(self) -> list[str]:
        return [self.path.strip("/").split("/")[1]]
