from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.db.models import Q

from accounts.form_fields import IdField, TextField
from accounts.models import Agent
from atendimento import client_card
from clients import cnpj
from clients.models import Client
from whatsapp.models import Outcome
from whatsapp.models.access import colleagues


class ClaimForm(forms.Form):
    """From whom a conversation is taken over; nothing when it is taken from the queue."""

    no_lugar_de = IdField(required=False)

    def holder(self) -> Agent | None:
        # A holder who is gone is nobody: then the verb says who has it by now.
        return Agent.objects.filter(pk=self.cleaned_data["no_lugar_de"]).first()


class TransferForm(forms.Form):
    """To a colleague who can see the number, or with "fila" back to the queue."""

    para = TextField(
        # No id has more digits; beyond a bigint PostgreSQL refuses the question itself.
        max_length=18,
        error_messages=dict.fromkeys(("required", "max_length"), "Escolha para quem transferir."),
    )

    def __init__(self, *args: Any, number: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.number = number

    def clean_para(self) -> Agent | None:
        para = str(self.cleaned_data["para"])
        if para == "fila":
            return None
        found = (
            colleagues(self.number).filter(pk=para) if para.isdecimal() else Agent.objects.none()
        )
        # For a kind answer; `Conversation.transfer` asks again, with the colleague's rights held.
        to: Any = found.first()
        if to is None:
            raise forms.ValidationError("Escolha para quem transferir.")
        if not to.sees_number:
            raise forms.ValidationError(f"{to} não atende este número. Escolha outra pessoa.")
        return cast(Agent, to)

    def target(self) -> Agent | None:
        return cast(Agent | None, self.cleaned_data["para"])


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
