"""Edits that meet: what somebody saw when he began, and what stands there by now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models

from accounts.models import AuditEntry

# What an edit of a client may name; `stage_since` follows the stage.
EDITABLE = (
    "name",
    "cnpj",
    "email",
    "company_type",
    "credit_limit",
    "has_debt",
    "status",
    "sales_stage",
    "responsible",
)

FLAG_WORDS = {True: "Sim", False: "Não", None: "A consultar"}


class EditConflict(Exception):
    """Somebody changed `field` since the editor saw it. `current` is what stands there now, `text`
    the same for people, `who` the name of who changed it last, or empty when that is unknown."""

    def __init__(self, field: str, current: object, text: str, who: str) -> None:
        super().__init__(f"{who or 'Outra pessoa'} mudou este campo para {text or 'vazio'}.")
        self.field, self.current, self.text, self.who = field, current, text, who


def conflicts(row: Any, values: Mapping[str, Any], seen: Mapping[str, Any]) -> list[EditConflict]:
    """One for each of *values* that is no longer what was *seen*, unless it already is what is
    wanted. Of a row that is held, the answer stays true until the transaction ends."""
    return [
        conflict_of(row, name)
        for name, wanted in values.items()
        if name in seen
        and as_seen(getattr(row, name)) not in (as_seen(seen[name]), as_seen(wanted))
    ]


def conflict_of(row: Any, name: str) -> EditConflict:
    """That somebody changed the field *name* of *row*, and to what."""
    return EditConflict(name, getattr(row, name), row.read(name), _who_changed(row, name))


def _who_changed(row: models.Model, name: str) -> str:
    kind = row._meta.model_name
    # Written under the row's lock, so that the newest entry is of the last change; and recent, so
    # that it is soon found from the end.
    past = AuditEntry.objects.filter(object_type=kind, object_id=row.pk, verb=f"{kind}.{name}")
    last = past.order_by("-pk").first()
    return last.actor_name if last else ""


def as_seen(value: object) -> str:
    """A value as a form carries it back unseen: equal texts mean that nobody changed it."""
    if value is None:
        return ""
    return str(value.pk if isinstance(value, models.Model) else value)


def as_read(row: models.Model, name: str) -> str:
    """A field of *row* as people read it: labels of choices, Sim or Não, names."""
    value: Any = getattr(row, name)
    if isinstance(row._meta.get_field(name), models.BooleanField):
        return FLAG_WORDS[value]
    display = getattr(row, f"get_{name}_display", None)
    return str((display() if display else value) or "")
