"""Bodies and query strings, read by serializers that know every name they take."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request


class Strict(serializers.Serializer[Any]):
    """Rejects unknown and read-only fields, each by its name."""

    def to_internal_value(self, data: Any) -> Any:
        problems = {name: self.problem(name, value) for name, value in data.items()}
        if any(problems.values()):
            raise serializers.ValidationError({n or "?": [p] for n, p in problems.items() if p})
        return super().to_internal_value(data)

    def problem(self, name: str, value: object) -> str:
        if name not in self.fields:
            return "Campo desconhecido."
        return "Este campo é só de leitura." if self.fields[name].read_only else ""


class Body(Strict):
    """Takes JSON at its word: a number is no text, and "true" is no truth."""

    types = {serializers.BooleanField: bool, serializers.PrimaryKeyRelatedField: int}

    def problem(self, name: str, value: object) -> str:
        if (problem := super().problem(name, value)) or value is None:
            return problem
        field = self.fields[name]
        wanted = next((self.types[one] for one in self.types if isinstance(field, one)), str)
        return "" if type(value) is wanted else "Tipo inválido."


class Page(Strict):
    """`limit` and `offset`, bounded: who wants more than 10,000 rows deep uses a cursor."""

    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)
    offset = serializers.IntegerField(min_value=0, max_value=10_000, default=0)


class Search(Page):
    q = serializers.CharField(
        required=False, max_length=80, allow_blank=True, help_text="Nome, telefone ou CNPJ."
    )


Form = type[serializers.Serializer[Any]]


def validated_body(form: Form, request: Request, *, partial: bool = False) -> dict[str, Any]:
    """The body as *form* reads it. Raises ValidationError naming each wrong field."""
    return _validated(form(data=request.data, partial=partial))


def validated_query(form: Form, request: Request) -> dict[str, Any]:
    """The query string, likewise."""
    return _validated(form(data=request.query_params.dict()))


def _validated(form: serializers.Serializer[Any]) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)
