"""Form fields for what comes from outside: bounded, and without what PostgreSQL cannot store."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

# PostgreSQL's bigint.
LARGEST_ID = 2**63 - 1
YEARS = range(2000, 2101)
# NUL, and halves of surrogate pairs, which JSON may carry alone.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> str:
    """*text* without the characters that PostgreSQL refuses."""
    return _UNSTORABLE.sub("", text)


class IdField(forms.IntegerField):
    """The id of a row: an int that fits a bigint; None when it is empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_ID, **kwargs)


class TextField(forms.CharField):
    """Text that can be stored: what cannot be is left out, not refused."""

    def to_python(self, value: Any) -> str:
        return super().to_python(storable(str(value or ""))) or ""


class PositionField(forms.CharField):
    """A row's place in a list, "moment/id" with the moment in ISO 8601: (datetime, int) or None."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=80, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        at, _, pk = text.partition("/")
        return _moment(at), IdField().clean(pk)


def _moment(text: str) -> datetime:
    """Raises ValidationError for a year that no row has: it may not fit other time zones."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or timezone.is_naive(moment) or moment.year not in YEARS:
        raise ValidationError("Não é um momento com fuso horário.")
    return moment
