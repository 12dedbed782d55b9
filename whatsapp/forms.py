from __future__ import annotations

from django import forms
from django.utils.text import slugify

from accounts.form_fields import IdField
from whatsapp.models import Session


class PairingForm(forms.Form):
    """The number whose QR is looked at; none for whichever is being paired."""

    numero = IdField(required=False)

    def number(self) -> Session | None:
        asked = self.cleaned_data["numero"] if self.is_valid() else None
        return Session.objects.filter(pk=asked).first() if asked else None


class NumberForm(forms.ModelForm):
    """A new number: people give it a nickname, and its identifier follows from that."""

    class Meta:
        model = Session
        fields = ["name"]

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"]).strip()
        slug = slugify(name)[:64]
        if not slug:
            raise forms.ValidationError("Use letras ou números no apelido.")
        if Session.objects.filter(slug=slug).exists():
            raise forms.ValidationError("Já existe um número com este apelido.")
        self.instance.slug = slug
        return name
