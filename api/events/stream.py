"""The event stream: a websocket for each program and number, one reader for all in a process."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, InterfaceError
from django.db.models import Max, Min
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, TokenError
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import Agent
from api.events import make as events
from api.events.models import Event
from live import shutdown
from live.feed import FeedReader
from whatsapp.models import Session

PATIENCE = 10.0
QUEUE = 1000
BREATH = 100
PAGE = 500
REFRESH = 30.0
NOBODY, NOT_FOUND, TOO_SLOW, TRY_AGAIN = 4401, 4404, 4408, 1011


@dataclass(eq=False)
class Listener:
    """One socket: whose, of which number, and the frames that wait for it."""

    agent: Agent
    session_id: int
    close: Callable[[int], None]
    queue: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(QUEUE))

    def send(self, frame: str) -> None:
        try:
            self.queue.put_nowait(frame)
        except asyncio.QueueFull:
            self.close(TOO_SLOW)


class Stream(FeedReader):
    """Makes events of changes as they come, and hands each to whoever listens to its number."""

    def __init__(self) -> None:
        super().__init__()
        self.listeners: set[Listener] = set()
        self._cursor = 0
        self._refreshed = time.monotonic()

    async def join(self, listener: Listener, since: int | None) -> None:
        """Hand over what came after *since* (None: nothing), then go on live, without a gap."""
        if since is not None:
            since = await self._replay(listener, since)
        async with self.lock:
            await self._advance()
            if since is not None:
                for event in await self.run(_between, listener.session_id, since, self._cursor):
                    listener.send(frame(event.frame))
            listener.send(frame({"type": "whatsapp:ready", "cursor": str(self._cursor)}))
            self.listeners.add(listener)

    async def _replay(self, listener: Listener, since: int) -> int | None:
        """Most of what was missed, page by page at the socket's own pace; None when the cursor is
        older than what is kept, and the client must read by REST instead."""
        while page := await self.run(_kept, listener.session_id, since):
            for event in page:
                await listener.queue.put(frame(event.frame))
            since = page[-1].pk
        if page is None:
            listener.send(frame({"type": "whatsapp:reset"}))
            return None
        return since

    def leave(self, listener: Listener) -> None:
        self.listeners.discard(listener)

    async def catch_up(self) -> None:
        """Nobody listens, nothing to do: `manage.py webhooks` makes events as well."""
        if self.listeners:
            await self._advance()

    async def periodically(self) -> None:
        if time.monotonic() - self._refreshed > REFRESH:
            self._refreshed = time.monotonic()
            await self._refresh()
            await self.run(_prune)

    async def _advance(self) -> None:
        if not self.listeners:
            self._cursor = await self.run(_newest)
            return
        for n, event in enumerate(await self.run(_fresh, self._cursor), 1):
            self._cursor = event.pk
            text = frame(event.frame)
            for listener in list(self.listeners):
                if listener.session_id == event.session_id:
                    listener.send(text)
            if n % BREATH == 0:
                # Who reads fast must not be cut because many events came at once.
                await asyncio.sleep(0)

    async def _refresh(self) -> None:
        """Rights may have changed: whoever may not see the number any more is cut."""
        for listener in list(self.listeners):
            if not await self.run(_may, listener.agent.pk, listener.session_id):
                listener.close(NOT_FOUND)


class StreamConsumer(AsyncWebsocketConsumer):
    """Says who it is first (subprotocol `bearer, TOKEN`, or {"type": "auth", "token": …}), then
    only listens."""

    listener: Listener | None = None
    writer: asyncio.Task[None] | None = None
    timer: asyncio.TimerHandle | None = None

    async def connect(self) -> None:
        offered = self.scope["subprotocols"]
        bearer = len(offered) == 2 and offered[0] == "bearer"
        await self.accept("bearer" if bearer else None)
        shutdown.register(self._come_back)
        self._close_in(PATIENCE)
        if bearer:
            await self._enter(offered[1], self._asked_cursor())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        said = _parsed(text_data or "")
        if self.listener is None and said.get("type") == "auth":
            cursor = _cursor(said.get("cursor"))
            cursor = self._asked_cursor() if cursor is None else cursor
            await self._enter(str(said.get("token", "")), cursor)

    async def disconnect(self, code: int) -> None:
        shutdown.unregister(self._come_back)
        if self.listener:
            Stream.of_this_loop().leave(self.listener)
        for pending in (self.writer, self.timer):
            if pending:
                pending.cancel()

    async def _enter(self, token: str, cursor: int | None) -> None:
        try:
            await self._admit(token, cursor)
        except (DatabaseError, InterfaceError):
            await self.close(TRY_AGAIN)

    async def _admit(self, token: str, cursor: int | None) -> None:
        stream = Stream.of_this_loop()
        known = await stream.run(_known, token)
        if known is None:
            await self.close(NOBODY)
            return
        agent, seconds = known
        slug = self.scope["url_route"]["kwargs"]["session_id"]
        number = await stream.run(_number_named, slug, agent)
        if number is None:
            await self.close(NOT_FOUND)
            return
        self._close_in(seconds)
        self.listener = Listener(agent, number, self._cut)
        self.writer = asyncio.create_task(self._write(self.listener))
        await stream.join(self.listener, cursor)

    def _asked_cursor(self) -> int | None:
        query = parse_qs(self.scope["query_string"].decode(errors="replace"))
        return _cursor(query.get("cursor", [""])[0])

    async def _write(self, listener: Listener) -> None:
        while True:
            await self.send(await listener.queue.get())

    def _close_in(self, seconds: float) -> None:
        if self.timer:
            self.timer.cancel()
        self.timer = asyncio.get_running_loop().call_later(seconds, self._cut, NOBODY)

    def _cut(self, code: int) -> None:
        if self.listener:
            Stream.of_this_loop().leave(self.listener)
        asyncio.get_running_loop().create_task(self.close(code))

    def _come_back(self) -> None:
        asyncio.get_running_loop().create_task(self._close_after_queue())

    async def _close_after_queue(self) -> None:
        if self.listener:
            Stream.of_this_loop().leave(self.listener)
            await shutdown.emptied(self.listener.queue)
        await self.close(shutdown.COME_BACK)


def frame(body: dict[str, object]) -> str:
    return json.dumps(body, cls=DjangoJSONEncoder, ensure_ascii=False)


def _prune() -> None:
    Event.objects.expired(settings.CHANGE_RETENTION_HOURS).delete()


def _fresh(cursor: int) -> list[Event]:
    events.make_events()
    return list(Event.objects.filter(pk__gt=cursor).order_by("pk"))


def _newest() -> int:
    events.make_events()
    return Event.objects.aggregate(last=Max("pk"))["last"] or 0


def _kept(session_id: int, after: int) -> list[Event] | None:
    """The next page after the cursor *after*; None when some of it is no longer kept. Looked at in
    this order, so that what is pruned meanwhile is noticed."""
    page = list(Event.objects.of(session_id, after)[:PAGE])
    return None if _forgotten(after) else page


def _between(session_id: int, after: int, last: int) -> list[Event]:
    """Not beyond *last*: another process may have told more, which comes as live."""
    return list(Event.objects.of(session_id, after).filter(pk__lte=last))


def _forgotten(cursor: int) -> bool:
    """Whether events after *cursor* may have been pruned, or it is none of ours."""
    kept = Event.objects.aggregate(first=Min("pk"), last=Max("pk"))
    return bool(cursor) and not (kept["first"] or 1) - 1 <= cursor <= (kept["last"] or 0)


def _known(token: str) -> tuple[Agent, float] | None:
    """Whose token it is, and for how many more seconds."""
    try:
        access = AccessToken(token)  # type: ignore[arg-type]
        agent = JWTAuthentication().get_user(access)
    except (TokenError, AuthenticationFailed):
        return None
    assert isinstance(agent, Agent)
    return agent, max(0.0, access["exp"] - time.time())


def _number_named(slug: str, agent: Agent) -> int | None:
    visible = Session.objects.visible_to(agent).filter(slug=slug)
    return visible.values_list("pk", flat=True).first()


def _may(agent: int, session_id: int) -> bool:
    known = Agent.objects.filter(pk=agent, is_active=True).first()
    return bool(known and Session.objects.visible_to(known).filter(pk=session_id).exists())


def _parsed(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _cursor(value: object) -> int | None:
    """None when there is none; what makes no sense is a cursor that nobody remembers."""
    text = str(value if value is not None else "")
    if not text:
        return None
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else -1
