"""The websocket of the event stream."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer

from accounts.models import Agent
from api.events import tokens
from api.events.stream import QUEUE, Stream, Subscriber, number_named
from api.events.tokens import Token
from live import shutdown
from live.outage import AWAY
from live.outlet import CloseCode, Outlet

# Seconds that a socket may stay without a token.
PATIENCE = 10.0
# A token and a cursor; what is longer says neither.
LONGEST = 16_000


class StreamConsumer(AsyncWebsocketConsumer):
    """Says who it is first (subprotocol `bearer, TOKEN`, or {"type": "auth", "token": …}), then
    only listens."""

    subscriber: Subscriber | None = None
    timer: asyncio.TimerHandle | None = None

    async def connect(self) -> None:
        offered = self.scope["subprotocols"]
        # In a subprotocol, for browsers let no script set headers, and addresses end up in logs.
        bearer = len(offered) == 2 and offered[0] == "bearer"
        # A browser wants one of its offers named; the token is not repeated.
        await self.accept("bearer" if bearer else None)
        # Before the database is asked: a process that is going must reach this socket too.
        shutdown.register(self._come_back)
        self._end_in(PATIENCE)
        if bearer:
            await self._enter(offered[1], self._asked_cursor())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        said = _parsed(text_data or "")
        # Only once: a stream stays whose it was. Consumers hear one message at a time, so two
        # tokens sent together do not race.
        if self.subscriber is None and said.get("type") == "auth":
            cursor = _cursor(said.get("cursor"))
            cursor = self._asked_cursor() if cursor is None else cursor
            await self._enter(str(said.get("token", "")), cursor)

    async def disconnect(self, code: int) -> None:
        shutdown.unregister(self._come_back)
        if self.subscriber:
            # Also of one whose replay failed: it stops the writer.
            Stream.of_this_loop().leave(self.subscriber)
        if self.timer:
            self.timer.cancel()

    async def _enter(self, token: str, cursor: int | None) -> None:
        try:
            await self._admit(token, cursor)
        except AWAY:
            await self.close(int(CloseCode.COME_BACK))

    async def _admit(self, text: str, cursor: int | None) -> None:
        stream = Stream.of_this_loop()
        known = await stream.run(_known, text)
        if known is None:
            await self.close(int(CloseCode.ENDED))
            return
        token, agent = known
        slug = self.scope["url_route"]["kwargs"]["session_id"]
        number = await stream.run(number_named, slug, agent)
        if number is None:
            await self.close(int(CloseCode.NOT_FOUND))
            return
        # From here on the token's own time counts, to the second.
        self._end_in(token.seconds_left)
        self.subscriber = Subscriber(token, agent, number, Outlet(self, QUEUE))
        # Known before it joins: `_end` and `_come_back` may have to cut it in the midst of a
        # replay.
        await stream.join(self.subscriber, cursor)

    def _asked_cursor(self) -> int | None:
        query = parse_qs(self.scope["query_string"].decode(errors="replace"))
        return _cursor(query.get("cursor", [""])[0])

    def _end_in(self, seconds: float) -> None:
        """Close in so many seconds: without a token, or when it expires."""
        if self.timer:
            self.timer.cancel()
        self.timer = asyncio.get_running_loop().call_later(seconds, self._end)

    def _end(self) -> None:
        if self.subscriber:
            self.subscriber.outlet.cut(CloseCode.ENDED)
        else:
            # Kept: the loop refers to its tasks only weakly.
            self._closing = asyncio.create_task(self.close(int(CloseCode.ENDED)))

    def _come_back(self) -> None:
        """The process is going: what is still queued the page gets elsewhere, by its cursor."""
        if self.subscriber:
            self.subscriber.outlet.cut(CloseCode.COME_BACK)
        else:
            self._closing = asyncio.create_task(self.close(int(CloseCode.COME_BACK)))


def _known(text: str) -> tuple[Token, Agent] | None:
    token = tokens.read(text)
    # The same question as the sweep asks, so that nobody is let in whom it would throw out.
    agent = tokens.still_valid([token]).get(token) if token else None
    return (token, agent) if token and agent else None


def _parsed(text: str) -> dict[str, Any]:
    if len(text) > LONGEST:
        return {}
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        # A few thousand brackets exhaust the parser's stack.
        return {}
    return said if isinstance(said, dict) else {}


def _cursor(value: object) -> int | None:
    """None when there is none; what makes no sense is a cursor that nobody remembers."""
    text = str(value if value is not None else "")
    if not text:
        return None
    # Below 18 digits fits a bigint. -1 is answered with `whatsapp:reset`: nothing is lost unsaid.
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else -1
