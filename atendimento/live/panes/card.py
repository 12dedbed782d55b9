"""The client card beside an open conversation, fetched like the header, which names the client."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from atendimento.live.panes.chat import fetch
from atendimento.live.screen import Screen
from live.models import Change, ChangeKind
from whatsapp.models import Conversation

KINDS = (ChangeKind.CLIENT_CHANGED,)


def load(changes: Sequence[Change]) -> dict[int, int]:
    """{conversation: its number} of the clients that changed."""
    # One that was deleted is in no conversation any more: `Client.delete_by` announces those.
    clients = {change.subject_id for change in changes}
    found = Conversation.objects.filter(contact__client__in=clients)
    return dict(found.values_list("pk", "session_id"))


def pieces(loaded: dict[int, int], screen: Screen) -> Iterable[str]:
    pk = screen.conversation
    if pk is not None and pk in loaded and screen.opens(pk, loaded[pk]):
        yield fetch(pk)
