"""What the client card sends besides the client's own fields."""

from __future__ import annotations

from django import forms

from accounts.form_fields import IdField
from clients.models import SalesStage


class LinkForm(forms.Form):
    """The client on file to whom the contact shall belong."""

    vincular = IdField(required=False)

    def chosen(self) -> int | None:
        return self.cleaned_data.get("vincular") if self.is_valid() else None


class StageForm(forms.Form):
    etapa = forms.ChoiceField(choices=SalesStage.choices)
