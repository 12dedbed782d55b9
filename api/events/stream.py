"""The event stream: one reader in a web process for all programs that listen to a number."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Max, Min

from accounts.models import Agent
from accounts.rights import Can
from api.events import make as events
from api.events.codes import hears, with_codes
from api.events.models import Event
from api.events.retention import prune
from api.events.tokens import Token, still_valid
from atendimento.sight import Sight, with_sights
from live.feed import FeedReader
from live.outlet import CloseCode, Outlet
from whatsapp.models import Session

# Frames that may wait for one socket; events after which the writers get their turn; events of one
# page of a replay; seconds between two prunings.
QUEUE = 1000
YIELD_EVERY = 100
PAGE = 500
PRUNE = 600.0


@dataclass(eq=False)
class Subscriber:
    """One socket: by which token, of which number, and the way out to it."""

    token: Token
    agent: Agent
    session_id: int
    outlet: Outlet


class Stream(FeedReader):
    """Makes events of changes as they come, and hands each to whoever listens to its number."""

    def __init__(self) -> None:
        super().__init__()
        self.subscribers: set[Subscriber] = set()
        # Not live yet, but bound by the same authority: a long replay takes its time.
        self.replaying: set[Subscriber] = set()
        self._cursor = 0
        self._pruned = time.monotonic()

    async def join(self, subscriber: Subscriber, since: int | None) -> None:
        """Hand over what came after *since* (None: nothing), then go on live, without a gap."""
        if since is not None:
            self.replaying.add(subscriber)
            try:
                since = await self._replay(subscriber, since)
            finally:
                self.replaying.discard(subscriber)
            if subscriber.outlet.is_cut:
                return
        # Now the little that came during the replay, then live: whoever makes the cursor move needs
        # the same lock, so that nothing comes twice or never.
        async with self.lock:
            await self._advance()
            if since is not None:
                missed = await self.run(_between, subscriber.session_id, since, self._cursor)
                for event in missed:
                    self._hand(event, subscriber)
            subscriber.outlet.put(frame({"type": "whatsapp:ready", "cursor": str(self._cursor)}))
            self.subscribers.add(subscriber)

    async def _replay(self, subscriber: Subscriber, since: int) -> int | None:
        """Most of what was missed, page by page at the socket's own pace; None when the cursor is
        older than what is kept, and the client must read by REST instead. Ends early when the
        socket is cut."""
        while not subscriber.outlet.is_cut:
            page = await self.run(_kept, subscriber.session_id, since)
            if page is None:
                # A hole in what he heard must be said: he would take what follows for all.
                subscriber.outlet.put(frame({"type": "whatsapp:reset"}))
                return None
            if not page:
                break
            for event in page:
                if hears(subscriber.agent, event):
                    await subscriber.outlet.put_in_time(frame(event.frame))
            # Also past events that he may not hear: they are not asked for again.
            since = page[-1].pk
        return since

    def leave(self, subscriber: Subscriber) -> None:
        self.subscribers.discard(subscriber)
        subscriber.outlet.stop()

    def outlets(self) -> Iterator[Outlet]:
        return (subscriber.outlet for subscriber in self.subscribers)

    def beat(self) -> None:
        """With the cursor of now: a program of a silent number keeps up with what is forgotten."""
        text = frame({"type": "whatsapp:beat", "cursor": str(self._cursor)})
        for outlet in self.outlets():
            outlet.put(text)

    async def catch_up(self) -> None:
        """Nobody listens, nothing to do: `manage.py webhooks` makes events as well."""
        if self.subscribers:
            await self._advance()

    async def periodically(self) -> None:
        if time.monotonic() - self._pruned > PRUNE:
            self._pruned = time.monotonic()
            await self.run(prune)

    async def check_authority(self) -> None:
        """Close whose token has ended, and who may not hear the number any more."""
        subscribers = [*self.subscribers, *self.replaying]
        standing = await self.run(_standing, [one.token for one in subscribers])
        for one in subscribers:
            known = standing.get(one.token)
            if known is None:
                self._end(one, CloseCode.ENDED)
                continue
            one.agent, sight = known
            if not sight.sees(one.session_id) or not one.agent.may(Can.STREAM_EVENTS):
                self._end(one, CloseCode.NOT_FOUND)

    def _end(self, subscriber: Subscriber, code: CloseCode) -> None:
        subscriber.outlet.cut(code)
        self.subscribers.discard(subscriber)

    async def _advance(self) -> None:
        if not self.subscribers:
            # Nobody hears what is skipped; who comes next brings a cursor, or wants nothing older.
            self._cursor = await self.run(_newest)
            return
        for n, event in enumerate(await self.run(_fresh, self._cursor), 1):
            # One by one, not at the end: if something fails midway, none is told again.
            self._cursor = event.pk
            for subscriber in list(self.subscribers):
                if subscriber.session_id == event.session_id:
                    self._hand(event, subscriber)
            if n % YIELD_EVERY == 0:
                # Who reads fast must not be cut because many events came at once.
                await asyncio.sleep(0)

    def _hand(self, event: Event, subscriber: Subscriber) -> None:
        if hears(subscriber.agent, event):
            subscriber.outlet.put(frame(event.frame))


def frame(body: dict[str, object]) -> str:
    return json.dumps(body, cls=DjangoJSONEncoder, ensure_ascii=False)


def number_named(slug: str, agent: Agent) -> int | None:
    """The number of that address, if *agent* may hear it."""
    if not agent.may(Can.STREAM_EVENTS):
        return None
    visible = Session.objects.visible_to(agent).filter(slug=slug)
    return visible.values_list("pk", flat=True).first()


def _standing(tokens: Collection[Token]) -> dict[Token, tuple[Agent, Sight]]:
    """Of each token that holds, its agent and what he sees; three queries for all."""
    return with_sights(still_valid(tokens)) if tokens else {}


def _fresh(cursor: int) -> list[Event]:
    events.make_events()
    return with_codes(list(Event.objects.filter(pk__gt=cursor).order_by("pk")))


def _newest() -> int:
    events.make_events()
    return Event.objects.aggregate(last=Max("pk"))["last"] or 0


def _kept(session_id: int, after: int) -> list[Event] | None:
    """The next page after the cursor *after*; None when some of it is no longer kept. Looked at in
    this order, so that what is pruned meanwhile is noticed."""
    page = list(Event.objects.replayed(session_id, after)[:PAGE])
    return None if _forgotten(after) else page


def _between(session_id: int, after: int, last: int) -> list[Event]:
    """Not beyond *last*: another process may have told more, which comes as live."""
    return list(Event.objects.replayed(session_id, after).filter(pk__lte=last))


def _forgotten(cursor: int) -> bool:
    """Whether events after *cursor* may have been pruned, or it is none of ours."""
    # 0 asks for all that is kept. A gap in the ids just before the first may look like a loss: then
    # somebody reads by REST in vain. Beyond the last is a cursor of another database.
    kept = Event.objects.aggregate(first=Min("pk"), last=Max("pk"))
    return bool(cursor) and not (kept["first"] or 1) - 1 <= cursor <= (kept["last"] or 0)
