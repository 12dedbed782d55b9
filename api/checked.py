from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request


def checked(serializer: type[serializers.Serializer[Any]], source: Any) -> dict[str, Any]:
    """*source* as *serializer* reads it. Raises ValidationError naming each wrong field."""
    form = serializer(data=source)
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


def asked(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The query string, likewise. A name that nobody knows is a typing error, not a wish."""
    query = request.query_params.dict()
    form = serializer(data=query)
    if unknown := query.keys() - form.fields.keys():
        raise serializers.ValidationError({n or "?": ["Parâmetro desconhecido."] for n in unknown})
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)
