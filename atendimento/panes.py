"""What each pane shows, loaded once: the list, the thread, and the frame around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.utils import timezone

from accounts.models import Agent
from atendimento.forms.list_query import ListQueryForm
from clients import cnpj, phone
from clients.models import Client
from whatsapp.models import (
    Contact,
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
        return cls(**ListQueryForm.read(query))

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
        return found.filter(matching(self.words)) if self.words else found

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


def position(conversation: Conversation) -> tuple[datetime, int]:
    """Where the list goes on after this row."""
    at = conversation.last_message_at
    if conversation.status == Status.PENDING:
        at = conversation.waiting_since or at
    return at, conversation.pk


def matching(words: str) -> Q:
    """Conversations whose client, person, telephone or CNPJ has *words* in it. The people are
    looked for first, since each row of the list would otherwise be joined to be compared."""
    client, person = Q(name__icontains=words), Q(name__icontains=words)
    if len(code := cnpj.normalise(words)) >= 4:
        client |= Q(cnpj__contains=code)
    if len(digits := phone.digits(words)) >= 4:
        person |= Q(phone__contains=digits)
    person |= Q(push_name__icontains=words) | Q(client__in=Client.objects.filter(client))
    return Q(contact__in=Contact.objects.filter(person))


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


def thread(conversation: Conversation, before: Message | None = None) -> tuple[list[Day], bool]:
    """The newest page of bubbles by day, oldest first, and whether older ones exist."""
    found = Message.objects.filter(conversation=conversation).for_thread()
    found = found.select_related("author", "reply_to__author")
    if before is not None:
        found = found.before(before)
    newest = list(found[: PAGE + 1])
    messages = newest[:PAGE][::-1]
    lines = _lines(messages, unread=None if before else conversation.unread_count)
    days = groupby(lines, key=lambda line: timezone.localtime(line.message.at).date())
    grouped = [(day, list(group)) for day, group in days]
    return [Day(day, group[0].message.at, group) for day, group in grouped], len(newest) > PAGE


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
