"""A thread's bubbles: by day, in groups of one author, with the mark before what is unread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.utils import timezone

from whatsapp.models import Conversation, Direction, Message
from whatsapp.models.message import MessageQuerySet

PAGE = 50
GROUP_GAP = timedelta(minutes=5)


@dataclass(frozen=True)
class Line:
    """A message in its place: whether it opens a group, and whether unread ones begin here."""

    message: Message
    first: bool
    unread: bool = False


@dataclass(frozen=True)
class Day:
    date: date
    at: datetime
    lines: list[Line]


def days(conversation: Conversation, before: Message | None = None) -> tuple[list[Day], bool]:
    """The newest page of bubbles by day, oldest first, and whether older ones exist."""
    found = with_quotes(Message.objects.filter(conversation=conversation))
    if before is not None:
        found = found.before(before)
    newest = list(found[: PAGE + 1])
    messages = newest[:PAGE][::-1]
    lines = _lines(messages, unread=None if before else conversation.unread_count)
    by_date = groupby(lines, key=lambda line: timezone.localtime(line.message.at).date())
    grouped = [(day, list(group)) for day, group in by_date]
    return [Day(day, group[0].message.at, group) for day, group in grouped], len(newest) > PAGE


def with_quotes(messages: MessageQuerySet) -> MessageQuerySet:
    """Newest first, with all that bubbles show, quotes and their authors too: one query."""
    return messages.for_thread().select_related("reply_to__author")


def _lines(messages: list[Message], unread: int | None) -> list[Line]:
    incoming = [message.pk for message in messages if message.direction == Direction.IN]
    marked = incoming[-unread] if unread and unread <= len(incoming) else None
    return [
        Line(message, opens_group(message, messages[n - 1] if n else None), message.pk == marked)
        for n, message in enumerate(messages)
    ]


def opens_group(message: Message, earlier: Message | None) -> bool:
    """Another author, or a pause of five minutes."""
    if earlier is None or message.at - earlier.at >= GROUP_GAP:
        return True
    same = (message.direction, message.author_id, message.origin)
    return same != (earlier.direction, earlier.author_id, earlier.origin)
