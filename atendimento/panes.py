"""What each pane shows, loaded once: the list, the thread, and the frame around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.models import Agent
from atendimento import bubble
from whatsapp.models import (
    Conversation,
    ConversationQuerySet,
    Direction,
    Message,
    Session,
    State,
    Status,
)

PAGE = 50
TABS = {"pendentes": Status.PENDING, "ativos": Status.ACTIVE, "finalizados": Status.CLOSED}
FILTERS = ("", "minhas", "nao-lidas")
GROUP_GAP = timedelta(minutes=5)


@dataclass(frozen=True)
class Look:
    """What an agent looks at: a tab, a filter, a number, words, and where the page begins."""

    tab: str = "ativos"
    filter: str = ""
    session: int | None = None
    words: str = ""
    after: tuple[datetime, int] | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Look:
        """Read it from a query string; what makes no sense falls back to the default."""
        tab, filter_ = query.get("aba", "ativos"), query.get("filtro", "")
        session = query.get("numero", "")
        tab = tab if tab in TABS else "ativos"
        # Who waits in the queue is nobody's yet.
        known = filter_ in FILTERS and (tab, filter_) != ("pendentes", "minhas")
        return cls(
            tab=tab,
            filter=filter_ if known else "",
            session=int(session) if session.isdecimal() and len(session) < 18 else None,
            words=query.get("q", "").replace("\0", "").strip()[:80],
            after=_position(query.get("depois", "")),
        )

    @property
    def status(self) -> Status:
        return TABS[self.tab]

    def query(self, agent: Agent) -> ConversationQuerySet:
        found = Conversation.objects.visible_to(agent).filter(status=self.status)
        if self.filter == "minhas":
            found = found.mine(agent)
        elif self.filter == "nao-lidas":
            found = found.unread()
        if self.session is not None:
            found = found.filter(session=self.session)
        return found.search(self.words)

    def page(self, agent: Agent) -> list[Conversation]:
        """One row more than a page tells that there is a next one. In the queue whoever has waited
        longest comes first; elsewhere the newest."""
        found = self.query(agent).for_list()
        if self.status == Status.PENDING:
            found = found.longest_waiting_first(self.after)
        else:
            found = found.newest_first()
            found = found.after(*self.after) if self.after else found
        return list(found[: PAGE + 1])

    def link(self) -> str:
        """The query string that shows the same list again."""
        names = {
            "aba": self.tab,
            "filtro": self.filter,
            "numero": self.session,
            "q": self.words,
            "depois": f"{self.after[0].isoformat()}/{self.after[1]}" if self.after else "",
        }
        return "?" + urlencode({name: value for name, value in names.items() if value})


def _position(text: str) -> tuple[datetime, int] | None:
    at, _, pk = text.partition("/")
    try:
        moment = parse_datetime(at)
    except ValueError:
        return None
    if moment is None or timezone.is_naive(moment) or not pk.isdecimal():
        return None
    return moment, int(pk)


def position(conversation: Conversation) -> tuple[datetime, int]:
    """Where the list goes on after this row."""
    at = conversation.last_message_at
    if conversation.status == Status.PENDING:
        at = conversation.waiting_since or at
    return at, conversation.pk


@dataclass(frozen=True)
class Line:
    """A message in its place: whether it opens a group, and whether unread ones begin here; whose
    it is for the agent who looks, see bubble.flags."""

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


def thread(
    conversation: Conversation, agent: Agent, before: Message | None = None
) -> tuple[list[Day], bool]:
    """The newest page of bubbles by day, oldest first, as *agent* sees them, and whether older ones
    exist."""
    found = Message.objects.filter(conversation=conversation).for_thread()
    if before is not None:
        found = found.before(before)
    newest = list(found[: PAGE + 1])
    messages = newest[:PAGE][::-1]
    lines = _lines(messages, agent, unread=None if before else conversation.unread_count)
    days = groupby(lines, key=lambda line: _day(line.message))
    grouped = [(day, list(group)) for day, group in days]
    return [Day(day, group[0].message.at, group) for day, group in grouped], len(newest) > PAGE


def _lines(messages: list[Message], agent: Agent, unread: int | None) -> list[Line]:
    incoming = [message.pk for message in messages if message.direction == Direction.IN]
    marked = incoming[-unread] if unread and unread <= len(incoming) else None
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


def queue_of(visible: ConversationQuerySet) -> dict[str, Any]:
    """What the tabs and the empty page say of the queue; since when its first waits is in unix
    seconds there."""
    counters = visible.queue()
    first = counters.pop("first")
    return {"counters": counters, "oldest": first and first.timestamp()}


def numbers_down(agent: Agent) -> list[Session]:
    """Numbers that should be up and need somebody, or have been away for a minute."""
    wanted = Session.objects.visible_to(agent).wanted_by_someone()
    return [session for session in wanted if _down(session)]


def _down(session: Session) -> bool:
    if session.shown_state == State.RECONNECTING:
        return timezone.now() - session.state_since > timedelta(minutes=1)
    return session.needs_a_hand
