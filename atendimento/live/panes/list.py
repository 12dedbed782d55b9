"""The rows of the list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Q

from atendimento.live.panes.base import RenderedOnce
from atendimento.live.screen import Screen
from live.models import Change, ChangeKind
from whatsapp.models import Conversation

OF_A_MESSAGE = (ChangeKind.MESSAGE_ADDED, ChangeKind.MESSAGE_CHANGED)
KINDS = (*OF_A_MESSAGE, ChangeKind.CONVERSATION_CHANGED, ChangeKind.CLIENT_CHANGED)


class Rows:
    """The conversations whose row looks different now, and those that are no more."""

    def __init__(self, changes: Sequence[Change]) -> None:
        moved = {c.conversation_id: c.session_id for c in changes if _moves(c)}
        clients = {c.subject_id for c in changes if c.kind == ChangeKind.CLIENT_CHANGED}
        messages = {c.subject_id for c in changes if c.kind in OF_A_MESSAGE}
        # Of a message the row shows no more than the last one: an older one's ticks change nothing.
        wanted = Q(pk__in=moved)
        if messages:
            threads = {c.conversation_id for c in changes if c.kind in OF_A_MESSAGE}
            wanted |= Q(pk__in=threads, last_message__in=messages)
        if clients:
            # Asked apart: in one condition with the others PostgreSQL would read every row.
            theirs = Conversation.objects.filter(contact__client__in=clients)
            wanted |= Q(pk__in=list(theirs.values_list("pk", flat=True)))
        self.changed = list(Conversation.objects.filter(wanted).for_list())
        # Those not found were merged or deleted; only the change still says of which number.
        found = {conversation.pk for conversation in self.changed}
        self.removed = {pk: number for pk, number in moved.items() if pk not in found}
        self.render = RenderedOnce()


def _moves(change: Change) -> bool:
    return change.kind == ChangeKind.CONVERSATION_CHANGED and change.conversation_id is not None


def load(changes: Sequence[Change]) -> Rows:
    return Rows(changes)


def pieces(loaded: Rows, screen: Screen) -> Iterable[str]:
    for conversation in loaded.changed:
        if not screen.sight.sees(conversation.session_id):
            continue
        shown = screen.query.shows(conversation, screen.agent, screen.sight)
        if shown is False:
            # Also to pages that never had it: what a page has loaded only the page knows.
            yield gone(loaded.render, conversation.pk)
        else:
            yield _row(loaded.render, conversation, only_if_present=shown is None)
    for pk, number in loaded.removed.items():
        if screen.sight.sees(number):
            yield gone(loaded.render, pk)


def gone(render: RenderedOnce, pk: int | None) -> str:
    return render("row_gone", (pk,), lambda: {"conversation_id": pk})


def _row(render: RenderedOnce, conversation: Conversation, *, only_if_present: bool) -> str:
    """The row; with a search the page puts it only where it has found it before."""
    context = {"conversation": conversation, "only_if_present": only_if_present}
    # The row is the same for everybody: what is the agent's own (open, a draft) the page adds.
    return render("row", (conversation.pk, only_if_present), lambda: context)
