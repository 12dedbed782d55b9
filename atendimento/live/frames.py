"""Frames for the sockets: each change loaded once, rendered once for each kind of viewer, and
decided in memory who sees it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.template.loader import render_to_string

from atendimento import bubble, panes
from live.models import Change, ChangeKind
from whatsapp.models import Conversation, Message

if TYPE_CHECKING:
    from atendimento.live.hub import Watcher


class Batch:
    """The rows behind some changes, and what was rendered of them so far."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self.added = _ids(changes, ChangeKind.MESSAGE_ADDED, "subject_id")
        changed = _ids(changes, ChangeKind.MESSAGE_CHANGED, "subject_id")
        self.changed = [pk for pk in changed if pk not in self.added]
        self.messages = _by_id(
            Message.objects.filter(pk__in=[*self.added, *self.changed]).for_thread()
        )
        moved = _ids(changes, ChangeKind.CONVERSATION_CHANGED, "conversation_id")
        self.clients = _ids(changes, ChangeKind.CLIENT_CHANGED, "subject_id")
        threads = {message.conversation_id for message in self.messages.values()}
        wanted = Q(pk__in={*moved, *threads})
        if self.clients:
            wanted |= Q(contact__client__in=self.clients)
        self.conversations = _by_id(Conversation.objects.filter(wanted).for_list())
        self.moved = [pk for pk in moved if pk in self.conversations]
        self.removed = [pk for pk in moved if pk not in self.conversations]
        self.sessions = _ids(changes, ChangeKind.SESSION_CHANGED, "session_id")
        self._rendered: dict[tuple[Any, ...], str] = {}

    def of_clients(self) -> list[int]:
        rows = self.conversations.items()
        return [pk for pk, row in rows if row.contact.client_id in self.clients]

    def rendered(self, template: str, key: tuple[Any, ...]) -> str | None:
        return self._rendered.get((template, *key))

    def render(self, template: str, key: tuple[Any, ...], context: dict[str, Any]) -> str:
        if (template, *key) not in self._rendered:
            html = render_to_string(f"atendimento/live/{template}.html", context)
            self._rendered[template, *key] = html
        return self._rendered[template, *key]


def make(batch: Batch, watchers: Iterable[Watcher], cursor: int) -> dict[Watcher, str]:
    """One frame for each watcher that something of *batch* concerns, ending with the cursor."""
    end = render_to_string("atendimento/live/cursor.html", {"cursor": cursor})
    counters = _Counters(batch)
    frames = {}
    for watcher in watchers:
        pieces = [*_messages(batch, watcher), *_rows(batch, watcher), *_chat(batch, watcher)]
        if batch.sessions:
            pieces.append(_banner(batch, watcher))
        if batch.moved:
            pieces.append(counters.of(watcher))
        if pieces:
            frames[watcher] = "".join(pieces) + end
    return frames


def reload(cursor: int) -> str:
    return render_to_string("atendimento/live/reload.html") + render_to_string(
        "atendimento/live/cursor.html", {"cursor": cursor}
    )


def outage(away: bool) -> str:
    return render_to_string("atendimento/live/outage.html", {"away": away})


def typing(conversation: int, state: str) -> str:
    context = {"conversation_id": conversation, "state": state}
    return render_to_string("atendimento/live/typing.html", context)


def _messages(batch: Batch, watcher: Watcher) -> Iterable[str]:
    """Bubbles go only to those who have the thread open and may see its number."""
    for template, ids in (("message_added", batch.added), ("message_changed", batch.changed)):
        for pk in ids:
            message = batch.messages.get(pk)
            if message is None or message.conversation_id != watcher.conversation:
                continue
            if message.session_id in watcher.sessions:
                flags = bubble.flags(message, watcher.agent.pk)
                yield batch.render(template, (pk, *flags.values()), {"message": message} | flags)


def _rows(batch: Batch, watcher: Watcher) -> Iterable[str]:
    touched = dict.fromkeys(
        [
            *batch.moved,
            *batch.of_clients(),
            *(
                message.conversation_id
                for message in batch.messages.values()
                if _is_last(batch, message)
            ),
        ]
    )
    for pk in touched:
        conversation = batch.conversations[pk]
        if conversation.session_id not in watcher.sessions:
            continue
        if _listed(conversation, watcher):
            yield batch.render("row", (pk,), {"conversation": conversation})
        else:
            yield batch.render("row_gone", (pk,), {"conversation_id": pk})
    for pk in batch.removed:
        yield batch.render("row_gone", (pk,), {"conversation_id": pk})


def _is_last(batch: Batch, message: Message) -> bool:
    conversation = batch.conversations.get(message.conversation_id)
    return conversation is not None and conversation.last_message_id == message.pk


def _listed(conversation: Conversation, watcher: Watcher) -> bool:
    look = watcher.look
    if conversation.status != look.status or look.words:
        return False
    if look.filter == "minhas" and conversation.assigned_to_id != watcher.agent.pk:
        return False
    if look.filter == "nao-lidas" and not conversation.unread_count:
        return False
    return look.session in (None, conversation.session_id)


def _chat(batch: Batch, watcher: Watcher) -> Iterable[str]:
    """Header, composer and card differ for each viewer, so the few who look fetch them."""
    pk = watcher.conversation
    conversation = batch.conversations.get(pk) if pk else None
    if conversation is None or conversation.session_id not in watcher.sessions:
        return
    changed_session = conversation.session_id in batch.sessions
    if pk in batch.moved or conversation.contact.client_id in batch.clients or changed_session:
        yield batch.render("chat_changed", (pk,), {"conversation_id": pk})


def _banner(batch: Batch, watcher: Watcher) -> str:
    key = (watcher.sessions, watcher.agent.supervises)
    if html := batch.rendered("session", key):
        return html
    down = panes.numbers_down(watcher.agent)
    return batch.render("session", key, {"down": down, "user": watcher.agent})


class _Counters:
    """Counters depend only on the numbers an agent may see: one query for each such set."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch

    def of(self, watcher: Watcher) -> str:
        key = (watcher.sessions,)
        if html := self._batch.rendered("counters", key):
            return html
        visible = Conversation.objects.filter(session__in=watcher.sessions)
        return self._batch.render("counters", key, panes.queue_of(visible))


def _ids(changes: Sequence[Change], kind: str, name: str) -> list[int]:
    return list(dict.fromkeys(getattr(c, name) for c in changes if c.kind == kind))


def _by_id(rows: Iterable[Any]) -> dict[int, Any]:
    return {row.pk: row for row in rows}
