from __future__ import annotations

from typing import Any

from django import forms

from atendimento.models import Agent
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
    """The client card. The CNPJ is checked by the model, whoever edits it."""

    cnpj = forms.CharField(label="CNPJ", required=False, max_length=24)

    class Meta:
        model = Client
        fields = [
            "name",
            "cnpj",
            "company_type",
            "email",
            "status",
            "credit_limit",
            "has_debt",
            "responsible",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.cnpj:
            self.initial["cnpj"] = self.instance.cnpj_masked

    def clean_cnpj(self) -> str | None:
        from clients import cnpj

        code = cnpj.normalise(self.cleaned_data["cnpj"])
        if code:
            cnpj.validate(code)
        return code or None
