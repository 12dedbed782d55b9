"""Bounds and cursors of the lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from api.rest.validation import Strict

MOST = 200
DEEPEST = 10_000
LARGEST_ID = 2**63 - 1


def _number(**options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(required=False, **options)


class Page(Strict):
    """`limit` and `offset`, bounded: who wants more than 10,000 rows deep uses a cursor."""

    limit = _number(min_value=1, max_value=MOST, default=50)
    offset = _number(min_value=0, max_value=DEEPEST, default=0)


EPOCH = datetime.fromtimestamp(0, UTC)
MICROSECOND = timedelta(microseconds=1)


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
        found = super().run_validation(data)
        at, _, pk = str(found).partition("_")
        return Cursor(EPOCH + int(at) * MICROSECOND, int(pk))
