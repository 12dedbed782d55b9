from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request


class Strict(serializers.Serializer[Any]):
    """A name that nobody knows, or nobody may write, is a typing error and not a wish."""

    def to_internal_value(self, data: Any) -> Any:
        known = {name for name, field in self.fields.items() if not field.read_only}
        if unknown := set(data) - known:
            raise serializers.ValidationError({n or "?": [self._why(n)] for n in unknown})
        return super().to_internal_value(data)

    def _why(self, name: str) -> str:
        return "Este campo é só de leitura." if name in self.fields else "Campo desconhecido."


def checked(serializer: type[serializers.Serializer[Any]], source: Any) -> dict[str, Any]:
    """*source* as *serializer* reads it. Raises ValidationError naming each wrong field."""
    form = serializer(data=source)
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


def asked(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The query string, likewise."""
    return checked(serializer, request.query_params.dict())
