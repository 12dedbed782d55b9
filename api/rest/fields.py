"""Fields that DRF does not have."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers
from rest_framework.fields import empty

from accounts.form_fields import LARGEST_ID
from clients import cnpj

EPOCH = datetime.fromtimestamp(0, UTC)
MICROSECOND = timedelta(microseconds=1)


class Text(serializers.CharField):
    """Unless it may be blank, it has more than spaces in it, and the schema says so."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if self.trim_whitespace and not self.allow_blank:
            # What str.strip() takes for a space, in any dialect of regular expressions.
            self.validators.append(RegexValidator(r"[^\s\x1c-\x1f\x85]"))


class Cnpj(serializers.CharField):
    """With or without its punctuation; None for nothing."""

    def to_internal_value(self, data: Any) -> str:
        return cnpj.clean(super().to_internal_value(data))

    def run_validation(self, data: Any = empty) -> str | None:
        return super().run_validation(data) or None  # NULL, for "" would be unique only once


class Id(serializers.IntegerField):
    """An id in a query string."""

    def __init__(self, min_value: int = 1, **options: Any) -> None:
        super().__init__(required=False, min_value=min_value, max_value=LARGEST_ID, **options)


@dataclass(frozen=True)
class Cursor:
    """After which row a list goes on: its moment and its id, as "microseconds_id"."""

    at: datetime
    pk: int

    def __str__(self) -> str:
        return f"{(self.at - EPOCH) // MICROSECOND}_{self.pk}"


class CursorField(serializers.RegexField):
    default_error_messages = {"invalid": "Use o campo next da resposta anterior."}

    def __init__(self, **options: Any) -> None:
        super().__init__(r"^[0-9]{1,16}_[0-9]{1,18}$", **options)

    def run_validation(self, data: Any = empty) -> Any:
        at, _, pk = str(super().run_validation(data)).partition("_")
        return Cursor(EPOCH + int(at) * MICROSECOND, int(pk))
