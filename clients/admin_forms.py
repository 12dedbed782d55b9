"""What the admin's pages of clients and contacts share: the search, and edits that meet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from accounts.rights import NotAllowed
from clients.models.conflict import as_seen, conflicts


class Searched(admin.ModelAdmin):
    """A list of the admin that searches as page and API do, by `QuerySet.search`."""

    # Only so that there is a box to search in: the fields are the QuerySet's affair.
    search_fields = ["pk"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        searched: Any = queryset
        return searched.search(search_term), False


class SeenForm(forms.ModelForm):
    """Each field carries, hidden, what the page showed: what somebody else changed meanwhile is
    not overwritten, and what was not touched is not written. The model has `hold` and `read`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # Django compares with the hidden value, not with the row, to say what was touched.
            field.show_hidden_initial = bool(self.instance.pk)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.instance.pk:
            self._compare({name: values[name] for name in self.changed_data if name in values})
        return values

    def _compare(self, values: dict[str, Any]) -> None:
        """Add an error for each field that changed meanwhile. The admin saves in the transaction
        that this runs in, so that the held row stays as it was compared."""
        try:
            held = self.instance.hold()
        except ObjectDoesNotExist:
            self.add_error(None, "Este cadastro foi excluído.")
            return
        for conflict in conflicts(held, values, {name: self._shown(name) for name in values}):
            self.add_error(conflict.field, f"{conflict} Salve de novo para ficar com o seu.")
            self._show_again(conflict.field, conflict.current)

    def _shown(self, name: str) -> str:
        """What the page showed, as `as_seen` has it."""
        text = self.data.get(self.add_initial_prefix(name), "")
        try:
            return as_seen(self.fields[name].to_python(text))
        except ValidationError:
            return text

    def _show_again(self, name: str, current: object) -> None:
        """Let the page show what stands there now, so that saving again overwrites knowingly."""
        # A copy of what was posted: a plain dict would lose all but the last of a list.
        data = cast(QueryDict, self.data).copy()
        shown = current if isinstance(current, list) else [as_seen(current)]
        data.setlist(self.add_initial_prefix(name), shown)
        self.data = data

    def written(self) -> dict[str, Any]:
        """The values of the fields that were touched."""
        return {name: self.cleaned_data[name] for name in self.changed_data}


@contextmanager
def told_by_django() -> Iterator[None]:
    """Turn NotAllowed into PermissionDenied, which Django's admin answers with 403."""
    try:
        yield
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from error
