"""A thread's bubbles: by day, in groups of one author, with the mark before what is unread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.utils import timezone

from accounts.models import Agent
from atendimento import bubble
from whatsapp.models import Conversation, Direction, Message

# Bubbles of a page, and the pause after which the same sender begins a new group.
PAGE = 50
GROUP_GAP = timedelta(minutes=5)


@dataclass(frozen=True)
class Line:
    """A message in its place: whether it opens a group, and whether unread ones begin here; whose
    it is for the agent who looks, see `bubble.flags`."""

    message: Message
    first: bool
    mine: bool
    quotes_me: bool
    unread: bool = False


@dataclass(frozen=True)
class Day:
    date: date
    at: datetime
    lines: list[Line]


def days(
    conversation: Conversation, agent: Agent, before: Message | None = None
) -> tuple[list[Day], bool]:
    """The newest page of bubbles by day, oldest first, as *agent* sees them, and whether older
    ones exist."""
    found = Message.objects.filter(conversation=conversation).for_thread()
    if before is not None:
        found = found.before(before)
    # Newest first, as the index message_thread has them; one more tells whether older ones exist.
    newest = list(found[: PAGE + 1])
    messages = newest[:PAGE][::-1]
    lines = _lines(messages, agent, unread=None if before else conversation.unread_count)
    by_date = groupby(lines, key=lambda line: _day(line.message))
    grouped = [(day, list(group)) for day, group in by_date]
    return [Day(day, group[0].message.at, group) for day, group in grouped], len(newest) > PAGE


def _lines(messages: list[Message], agent: Agent, unread: int | None) -> list[Line]:
    # Only what came in can be unread. With more unread than the page has, none is marked: the first
    # of them is on an older page.
    incoming = [message.pk for message in messages if message.direction == Direction.IN]
    marked = incoming[-unread] if unread and unread <= len(incoming) else None
    # The first of a page always opens a group; what is loaded above it groups anew in the page.
    pairs = zip(messages, [None, *messages], strict=False)
    return [
        Line(
            message,
            first=opens_group(message, earlier),
            unread=message.pk == marked,
            **bubble.flags(message, agent.pk),
        )
        for message, earlier in pairs
    ]


def opens_group(message: Message, earlier: Message | None) -> bool:
    """Another sender than the bubble above, another day, or a pause of five minutes.

    static/js/group.js says the same of bubbles that come later; a test compares the two.
    """
    if earlier is None or _day(message) != _day(earlier):
        return True
    return message.at - earlier.at >= GROUP_GAP or sender(message) != sender(earlier)


def sender(message: Message) -> str:
    """Who speaks, as one word: two bubbles of the same sender may stand in one group."""
    return f"{message.direction}-{message.origin}-{message.author_id or ''}"


def _day(message: Message) -> date:
    return timezone.localtime(message.at).date()
