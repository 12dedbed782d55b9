from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q

from accounts.models import Agent
from atendimento import client_card
from clients import cnpj
from clients.models import Client
from whatsapp.models import Outcome


class TransferForm(forms.Form):
    """To a colleague, or with "fila" back to the queue."""

    para = forms.CharField()

    def clean_para(self) -> str:
        para = str(self.cleaned_data["para"])
        known = para.isdecimal() and Agent.objects.filter(pk=para, is_active=True).exists()
        if para != "fila" and not known:
            raise forms.ValidationError("Escolha para quem transferir.")
        return para

    def target(self) -> Agent | None:
        para = self.cleaned_data["para"]
        return None if para == "fila" else Agent.objects.get(pk=para)


class FinishForm(forms.Form):
    motivo = forms.ChoiceField(choices=Outcome.choices)


class ClientForm(forms.ModelForm):
    """The client card: all of it, or only the fields named. Reads and checks; `Client.edit` and
    `create_by` write. `visto` is the value that the editor had before his eyes."""

    class Meta:
        model = Client
        fields = client_card.FIELDS

    def __init__(self, *args: Any, only: Sequence[str] = client_card.FIELDS, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - set(only):
            del self.fields[name]
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"
        if "responsible" in self.fields:
            people = self.fields["responsible"]
            assert isinstance(people, forms.ModelChoiceField)
            # Whoever has it stays to be read, though he may have left.
            known = Q(is_active=True) | Q(pk=self.instance.responsible_id)
            people.queryset, people.empty_label = Agent.objects.filter(known), "Ninguém"

    def validate_unique(self) -> None:
        """Left to the verb, which asks again when it writes."""

    def namesake(self) -> Client | None:
        """Whoever on file already has the CNPJ that was typed."""
        code = cnpj.normalise(self.data.get("cnpj", ""))
        return Client.objects.filter(cnpj=code).first() if code else None
