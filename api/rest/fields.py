"""Fields that take JSON at its word: a number is no text, and "true" is no truth."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers


class Text(serializers.CharField):
    """Unless it may be blank, it has more than spaces in it, and the schema says so."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if self.trim_whitespace and not self.allow_blank:
            # What str.strip() takes for a space, in any dialect of regular expressions.
            self.validators.append(RegexValidator(r"[^\s\x1c-\x1f\x85]"))

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Email(serializers.EmailField):
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Flag(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Key(serializers.PrimaryKeyRelatedField[Any]):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("incorrect_type", data_type=type(data).__name__)
        if not 0 < data < 2**63:
            self.fail("does_not_exist", pk_value=data)
        return super().to_internal_value(data)
