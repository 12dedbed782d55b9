"""Header and composer of an open conversation. They differ for each viewer, so the few who look
are told to fetch them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.template.loader import render_to_string

from atendimento.live.screen import Screen
from live.models import Change, ChangeKind

KINDS = (ChangeKind.CONVERSATION_CHANGED,)


def load(changes: Sequence[Change]) -> dict[int | None, int | None]:
    """{conversation: its number}; the change says all that is needed."""
    return {change.conversation_id: change.session_id for change in changes}


def pieces(loaded: dict[int | None, int | None], screen: Screen) -> Iterable[str]:
    pk = screen.conversation
    if pk is not None and pk in loaded and screen.opens(pk, loaded[pk]):
        yield fetch(pk)


def fetch(conversation: int) -> str:
    """A piece by which the page fetches header, composer and client card anew."""
    context = {"conversation_id": conversation}
    return render_to_string("atendimento/live/chat_changed.html", context)
