"""The bubbles of an open conversation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial

from atendimento import bubble
from atendimento.live.panes.base import RenderedOnce
from atendimento.live.screen import Screen
from live.models import Change, ChangeKind
from whatsapp.models import Message

KINDS = (ChangeKind.MESSAGE_ADDED, ChangeKind.MESSAGE_CHANGED)


class Bubbles:
    """The messages that changed, by conversation, each with the template it needs."""

    def __init__(self, changes: Sequence[Change]) -> None:
        added = {c.subject_id for c in changes if c.kind == ChangeKind.MESSAGE_ADDED}
        wanted = dict.fromkeys(c.subject_id for c in changes)
        found = Message.objects.filter(pk__in=list(wanted)).for_thread()
        messages = {message.pk: message for message in found}
        self.of: defaultdict[int, list[tuple[str, Message]]] = defaultdict(list)
        # In the order of the changes; static/js/thread.js puts a bubble where its moment belongs.
        for pk in wanted:
            if message := messages.get(pk or 0):
                # Of a message that was added and changed: a page replaces what it has already.
                template = "message_added" if pk in added else "message_changed"
                self.of[message.conversation_id].append((template, message))
        self.render = RenderedOnce()


def load(changes: Sequence[Change]) -> Bubbles:
    return Bubbles(changes)


def pieces(loaded: Bubbles, screen: Screen) -> Iterable[str]:
    """A bubble is the same for all who see it, but for who wrote it or is quoted."""
    for template, message in loaded.of.get(screen.conversation or 0, ()):
        if screen.opens(message.conversation_id, message.session_id):
            # Part of the key: what its author sees is rendered apart.
            flags = bubble.flags(message, screen.agent.pk)
            context = {"message": message, **flags}
            key = (message.pk, *flags.values())
            yield loaded.render(template, key, partial(dict, context))
