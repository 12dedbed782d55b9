"""Model and form fields that keep their value in its one normal form, whoever writes it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models

from clients import cnpj, names


class NameField(models.CharField):
    """A name as `names.clean` makes it, also in filters; blank when nothing of it can be seen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": names.LONGEST, **kwargs})

    def to_python(self, value: Any) -> Any:
        # Filters come by here too (`get_prep_value`), so that nobody cleans a name before asking.
        return names.clean(value) if isinstance(value, str) else super().to_python(value)


class CNPJFormField(forms.CharField):
    """Shows the mask, takes it or not, and returns 14 characters, or None for an empty text."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # None and not "": the unique index takes any number of NULLs, but one empty text.
        kwargs.update(max_length=cnpj.LONGEST_TYPED, empty_value=None)
        super().__init__(*args, **kwargs)

        self.validators.append(cnpj.validate)

    def prepare_value(self, value: Any) -> Any:
        return cnpj.mask(value) if isinstance(value, str) else value

    def to_python(self, value: Any) -> str | None:
        return cnpj.normalise(str(value or "")) or None


class CNPJField(models.CharField):
    """A CNPJ without its mask, unique, or NULL."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        fixed = {"max_length": 14, "null": True, "blank": True, "unique": True}
        kwargs.setdefault("error_messages", {"unique": cnpj.TAKEN})
        super().__init__(*args, **(kwargs | fixed))
        # In place of Django's, which would complain of the length first and less plainly.
        self.validators = [cnpj.validate]

    def to_python(self, value: Any) -> Any:
        return (cnpj.normalise(value) or None) if isinstance(value, str) else value

    def formfield(self, **kwargs: Any) -> Any:  # type: ignore[override]
        return super().formfield(**{"form_class": CNPJFormField, **kwargs})
