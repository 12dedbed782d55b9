"""What the chat pane sends: where older messages begin, a message, whether somebody types."""

from __future__ import annotations

from django import forms

from accounts.form_fields import IdField, TextField


class OlderForm(forms.Form):
    """The message before which the page wants more."""

    antes = IdField()


class WriteForm(forms.Form):
    """A message under the id that the browser gave it; how long it may be is the model's rule."""

    chave = forms.UUIDField()
    texto = TextField(required=False, strip=False)


class TypingForm(forms.Form):
    parou = forms.BooleanField(required=False)

    def state(self) -> str:
        return "paused" if self.is_valid() and self.cleaned_data["parou"] else "composing"
