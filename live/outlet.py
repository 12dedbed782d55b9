"""The way out to one socket: a bounded queue of frames, and the one task that writes them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from enum import IntEnum
from typing import Protocol

logger = logging.getLogger(__name__)


class CloseCode(IntEnum):
    """Why a socket is closed. Only 3000-4999: autobahn under daphne raises for any other code but
    1000, and leaves the socket open and deaf; and 1000 tells htmx not to come back."""

    ENDED = 4401
    NOT_FOUND = 4404
    TOO_SLOW = 4408
    COME_BACK = 4503


class Websocket(Protocol):
    """What of a channels consumer an outlet needs."""

    @property
    def send(self) -> Callable[[str], Awaitable[None]]: ...

    @property
    def close(self) -> Callable[[int], Awaitable[None]]: ...


class Outlet:
    """Hands frames to a socket in their order; one that cannot keep up is closed, and comes back
    with its cursor. Lives in the event loop that made it."""

    def __init__(self, socket: Websocket, size: int) -> None:
        self._socket = socket
        self._queue: asyncio.Queue[str] = asyncio.Queue(size)
        self._closing: asyncio.Task[None] | None = None
        self._writer = asyncio.create_task(self._write())
        self._writer.add_done_callback(self._wrote)

    @property
    def is_cut(self) -> bool:
        return self._closing is not None

    def put(self, frame: str) -> None:
        """Queue *frame*; a queue that is full closes the socket with TOO_SLOW."""
        if self.is_cut:
            return
        try:
            # Never waits: one slow socket must not keep the news from all the others.
            self._queue.put_nowait(frame)
        except asyncio.QueueFull:
            self.cut(CloseCode.TOO_SLOW)

    async def put_in_time(self, frame: str) -> None:
        """Queue *frame*, waiting for room: for a replay, at the socket's own pace."""
        await self._queue.put(frame)

    def cut(self, code: CloseCode) -> asyncio.Task[None]:
        """Close the socket. Frames still queued are dropped: who was logged out hears no more."""
        if self._closing is None:
            # A task: closing waits for the socket, and whoever cuts may hold the reader's lock.
            self._closing = asyncio.create_task(self._close(code))
        return self._closing

    def stop(self) -> None:
        """The socket is gone: end the writer."""
        self._writer.cancel()

    async def _close(self, code: CloseCode) -> None:
        await self._socket.close(int(code))

    async def _write(self) -> None:
        while True:
            frame = await self._queue.get()
            # Go on emptying the queue of a socket that was cut: a replay may wait for room in it.
            if not self.is_cut:
                await self._socket.send(frame)

    def _wrote(self, writer: asyncio.Task[None]) -> None:
        """A writer that died would leave the socket open and deaf."""
        if not writer.cancelled() and (error := writer.exception()):
            logger.error("a socket's writer failed", exc_info=error)
            self.cut(CloseCode.COME_BACK)
