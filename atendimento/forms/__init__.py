from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.form_fields import IdField
from accounts.models import Agent
from atendimento import client_card
from clients import cnpj
from clients.models import Client
from whatsapp.models import Outcome


class ClaimForm(forms.Form):
    """From whom a conversation is taken over; nothing when it is taken from the queue."""

    no_lugar_de = IdField(required=False)

    def holder(self) -> Agent | None:
        return Agent.objects.filter(pk=self.cleaned_data["no_lugar_de"]).first()


class TransferForm(forms.Form):
    """To a colleague, or with "fila" back to the queue."""

    para = forms.CharField(max_length=18)

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
    """The client card: all of it, or only the fields named. The CNPJ is checked by the model,
    whoever edits it."""

    cnpj = forms.CharField(label="CNPJ", required=False, max_length=24)

    class Meta:
        model = Client
        fields = client_card.FIELDS

    def __init__(self, *args: Any, only: Sequence[str] = client_card.FIELDS, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - set(only):
            del self.fields[name]
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"
        if self.instance.cnpj:
            self.initial["cnpj"] = self.instance.cnpj_masked
        if "responsible" in self.fields:
            people = self.fields["responsible"]
            assert isinstance(people, forms.ModelChoiceField)
            people.queryset, people.empty_label = Agent.objects.filter(is_active=True), "Ninguém"

    def clean_cnpj(self) -> str | None:
        code = cnpj.normalise(self.cleaned_data["cnpj"])
        if code:
            cnpj.validate(code)
        return code or None

    def namesake(self) -> Client | None:
        """Whoever on file already has the CNPJ that was typed."""
        code = cnpj.normalise(self.data.get("cnpj", ""))
        return Client.objects.filter(cnpj=code).first() if code else None

    def save_only(self) -> Client:
        """Write the fields of this form, and not what others changed meanwhile."""
        client: Client = self.instance
        client.save(update_fields=[*self.fields, "updated_at"])
        return client
