"""What a list is asked for in the address: tab, filter, number, words, and where a page begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from accounts.form_fields import IdField, PositionField, TextField

TABS = ("pendentes", "ativos", "finalizados")
FILTERS = ("", "minhas", "nao-lidas")
# What is longer is cut, not refused: a pasted sentence still finds something.
WORDS = 80


class ListQueryForm(forms.Form):
    """Each field by itself: what makes no sense is as if it had not been asked for."""

    aba = forms.ChoiceField(choices=[(tab, tab) for tab in TABS], required=False)
    filtro = forms.ChoiceField(choices=[(name, name) for name in FILTERS], required=False)
    numero = IdField(required=False)
    q = TextField(required=False)
    depois = PositionField()

    @classmethod
    def read(cls, query: Mapping[str, str]) -> dict[str, Any]:
        """{"tab", "filter", "session", "words", "after"}, each valid or its default."""
        form = cls(query)
        # Not to be obeyed: an address from an old bookmark shows a list all the same.
        form.is_valid()
        said = form.cleaned_data
        tab, filter_ = said.get("aba") or "ativos", said.get("filtro") or ""
        # Who waits in the queue is nobody's yet.
        nobodys = (tab, filter_) == ("pendentes", "minhas")
        return {
            "tab": tab,
            "filter": "" if nobodys else filter_,
            "session": said.get("numero"),
            "words": (said.get("q") or "")[:WORDS],
            "after": said.get("depois"),
        }
