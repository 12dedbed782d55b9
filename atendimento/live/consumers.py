from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError, InterfaceError

from atendimento import panes
from atendimento.live.hub import Hub, Watcher, visible_sessions
from live import shutdown

GOING_AWAY = 1011  # htmx's ws extension comes back after this one, and not after 1000
NOBODY = 4401


class DeskConsumer(AsyncWebsocketConsumer):
    """Server to browser, but for the hello: what the page looks at, and the last change it saw."""

    watcher: Watcher | None = None
    writer: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        await self.accept()
        shutdown.register(self._come_back)
        if not self.scope["user"].is_authenticated:
            await self.close(NOBODY)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        hello = _hello(text_data or "")
        if hello is None or not self.scope["user"].is_authenticated:
            return
        try:
            await self._watch(hello)
        except (DatabaseError, InterfaceError):
            await self.close(GOING_AWAY)

    async def _watch(self, hello: dict[str, Any]) -> None:
        hub = Hub.of_this_loop()
        await self._drop()
        agent = self.scope["user"]
        self.watcher = Watcher(
            agent=agent,
            look=panes.Look.of(_query(hello)),
            conversation=_number(hello.get("conversation")),
            sessions=await hub.run(visible_sessions, agent),
            close=self._cut,
        )
        self.writer = asyncio.create_task(self._write(self.watcher))
        await hub.watch(self.watcher, _number(hello.get("since")) or 0)

    async def disconnect(self, code: int) -> None:
        shutdown.unregister(self._come_back)
        await self._drop()

    async def _drop(self) -> None:
        if self.watcher:
            Hub.of_this_loop().leave(self.watcher)
        if self.writer:
            self.writer.cancel()

    async def _write(self, watcher: Watcher) -> None:
        while True:
            await self.send(await watcher.queue.get())

    def _cut(self) -> None:
        if self.watcher:
            Hub.of_this_loop().leave(self.watcher)
        asyncio.get_running_loop().create_task(self.close(GOING_AWAY))

    def _come_back(self) -> None:
        asyncio.get_running_loop().create_task(self._close_after_queue())

    async def _close_after_queue(self) -> None:
        if self.watcher:
            Hub.of_this_loop().leave(self.watcher)
            await shutdown.emptied(self.watcher.queue)
        await self.close(shutdown.COME_BACK)


def _hello(text: str) -> dict[str, Any] | None:
    try:
        hello = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return hello if isinstance(hello, dict) else None


def _query(hello: Mapping[str, Any]) -> dict[str, str]:
    names = {"tab": "aba", "filter": "filtro", "session": "numero", "words": "q"}
    return {query: str(hello.get(name, "")) for name, query in names.items()}


def _number(value: object) -> int | None:
    text = str(value or "")
    return int(text) if text.isdecimal() and len(text) < 18 else None
