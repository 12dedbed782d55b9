"""Which conversations a list shows: by tab, filter, number and words, in SQL and in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from accounts.models import Agent
from atendimento.forms.list_query import ListQueryForm
from atendimento.sight import Sight
from whatsapp.models import Conversation, ConversationQuerySet, Status

# Rows of a page; what is loaded besides is one more.
PAGE = 50
# The names are in addresses that people keep; `forms.list_query.TABS` bounds what is asked for.
TABS = {"pendentes": Status.PENDING, "ativos": Status.ACTIVE, "finalizados": Status.CLOSED}


@dataclass(frozen=True)
class ListQuery:
    """What a list was asked for: a tab, a filter, a number, words, and where its page begins.

    `rows` is the rule for PostgreSQL, `shows` the same for a conversation already in memory.
    """

    tab: str = "ativos"
    filter: str = ""
    session: int | None = None
    words: str = ""
    after: tuple[datetime, int] | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> ListQuery:
        """Read it from a query string; what makes no sense falls back to the default."""
        return cls(**ListQueryForm.read(query))

    @property
    def status(self) -> Status:
        return TABS[self.tab]

    def rows(self, agent: Agent) -> ConversationQuerySet:
        """All conversations of the list, in no order. What changes here changes in `shows`."""
        # Each has its index (conversation_tab, _mine, _queue); test_indexes.py holds it to that.
        found = Conversation.objects.visible_to(agent).filter(status=self.status)
        if self.filter == "minhas":
            found = found.mine(agent)
        elif self.filter == "nao-lidas":
            found = found.unread()
        if self.session is not None:
            found = found.filter(session=self.session)
        return found.search(self.words)

    def shows(self, conversation: Conversation, agent: Agent, sight: Sight) -> bool | None:
        """Whether `rows` has *conversation*, decided without a query.

        None with search words, which only PostgreSQL compares: a page that has found the
        conversation keeps it, one that has not does not get it.
        """
        # The order of `rows`, so that they read side by side; test_list_filter.py compares both.
        if conversation.status != self.status or not sight.sees(conversation.session_id):
            return False
        if self.filter == "minhas" and conversation.assigned_to_id != agent.pk:
            return False
        if self.filter == "nao-lidas" and not conversation.unread_count:
            return False
        if self.session not in (None, conversation.session_id):
            return False
        return None if self.words else True

    def page(self, agent: Agent) -> list[Conversation]:
        """One row more than a page tells that there is a next one. In the queue whoever has waited
        longest comes first; elsewhere the newest."""
        found = self.rows(agent).for_list()
        if self.status == Status.PENDING:
            # Keyset paging, never OFFSET: rows come and go while somebody scrolls.
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
    # Twin of WAITS_SINCE in whatsapp/models/conversation_queryset.py, by which the queue is read.
    at = conversation.last_message_at
    if conversation.status == Status.PENDING:
        at = conversation.waiting_since or at
    return at, conversation.pk
