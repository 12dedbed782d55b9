"""A reader of the change feed, living in the event loop of a web process."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, ClassVar, Self

import psycopg
from django.db import connection

from live.announce import AUTHORITY, CHANGES
from live.listen import where
from live.outage import AWAY, RAW_AWAY, Outage
from live.outlet import CloseCode, Outlet

logger = logging.getLogger(__name__)

# NOTIFY rings; what a listener misses while it reconnects is found by this.
POLL = 1.0
# Whatever ends a log-in or narrows a right takes effect within five seconds: this, and a poll.
SWEEP = 3.0
# static/js/heartbeat.js calls a socket deaf after 35 s of silence: three beats that did not come.
BEAT = 10.0


class FeedReader:
    """Base of the readers: hears NOTIFY, reads on a thread of its own, goes on after any error.

    A subclass says in `catch_up` what it does when something changed, with the lock held.
    """

    channels: ClassVar[tuple[str, ...]] = (CHANGES, AUTHORITY)
    _running: ClassVar[dict[tuple[type[FeedReader], asyncio.AbstractEventLoop], FeedReader]] = {}

    def __init__(self) -> None:
        # Held while changes are read and handed out, and while a socket joins: none falls
        # between its replay and the live feed.
        self.lock = asyncio.Lock()
        self._outage = Outage(type(self).__name__)
        # One thread, so that its connection stays and reads come in order.
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=type(self).__name__)
        self._woken = asyncio.Event()
        self._swept, self._authority_told = 0.0, False
        steps = (self._listen, self._work)
        self._tasks = [asyncio.create_task(self._forever(step)) for step in steps]
        self._tasks.append(asyncio.create_task(self._beat()))

    @classmethod
    def of_this_loop(cls) -> Self:
        """The one of the running loop, started when first asked for: daphne has no lifespan."""
        key = (cls, asyncio.get_running_loop())
        if key not in FeedReader._running:
            # Of loops that have ended, as each test's does: a process has one.
            for old in [one for one in FeedReader._running if one[0] is cls]:
                del FeedReader._running[old]
            FeedReader._running[key] = cls()
        found = FeedReader._running[key]
        assert isinstance(found, cls)
        return found

    @staticmethod
    async def stop_all() -> None:
        """Send the sockets of the running loop elsewhere (COME_BACK), and end its readers.

        For a web process that is going away, and for the end of a test."""
        loop = asyncio.get_running_loop()
        for key, reader in list(FeedReader._running.items()):
            del FeedReader._running[key]
            if key[1] is loop:
                await reader.stop()

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """Do database work on the reader's own thread."""
        return await asyncio.get_running_loop().run_in_executor(
            self._executor, _with_connection, function, args
        )

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*(outlet.cut(CloseCode.COME_BACK) for outlet in self.outlets()))
        await self.run(_hang_up)
        self._executor.shutdown()

    def outlets(self) -> Iterable[Outlet]:
        """Those of all sockets that hear this reader."""
        return ()

    async def catch_up(self) -> None:
        raise NotImplementedError

    async def check_authority(self) -> None:
        """Close the sockets whose log-in or token has ended, and narrow what others may see."""

    async def periodically(self) -> None:
        """After each catching up, without the lock: what is done only from time to time."""

    def beat(self) -> None:
        """Every BEAT seconds: let sockets know that they are not deaf."""

    def heard(self, channel: str, payload: str) -> None:
        if channel == AUTHORITY:
            # `_work` checks before it hands out anything more.
            self._authority_told = True
        self._woken.set()

    def outage(self, away: bool) -> None:
        """PostgreSQL just went away, or came back."""

    def _database_is(self, trouble: Exception | None) -> None:
        before = self._outage.ongoing
        if trouble:
            self._outage.report(trouble)
        else:
            self._outage.ended()
        if self._outage.ongoing != before:
            self.outage(self._outage.ongoing)

    async def _forever(self, step: Callable[[], Awaitable[None]]) -> None:
        """The top of a loop that must live: whatever happens, log it and go on."""
        name = f"{type(self).__name__}.{getattr(step, '__name__', '')}"
        while True:
            try:
                await step()
                self._database_is(None)
            except (*AWAY, *RAW_AWAY) as error:
                self._database_is(error)
                await asyncio.sleep(1)
            except Exception:
                logger.exception("%s failed", name)
                await asyncio.sleep(1)

    async def _listen(self) -> None:
        # Autocommit: within a transaction neither LISTEN nor what is heard would take effect.
        async with await psycopg.AsyncConnection.connect(autocommit=True, **where()) as listening:
            for channel in self.channels:
                await listening.execute(f"LISTEN {channel}")
            # What was announced before we listened is read now.
            self._woken.set()
            async for note in listening.notifies():
                self.heard(note.channel, note.payload)

    async def _work(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), POLL)
        # Before reading: what is announced meanwhile wakes once more.
        self._woken.clear()
        async with self.lock:
            # Before the changes: whose log-in just ended hears none of them.
            if self._authority_told or time.monotonic() - self._swept > SWEEP:
                # First, so that what is announced meanwhile is looked at once more; and so that a
                # check that failed is made again before anything is handed out.
                self._swept, self._authority_told = 0.0, False
                await self.check_authority()
                self._swept = time.monotonic()
            await self.catch_up()
        await self.periodically()

    async def _beat(self) -> None:
        """Apart from the database: without it there is no news, but the socket still stands."""
        while True:
            await asyncio.sleep(BEAT)
            self.beat()


def _with_connection(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """The thread keeps its connection: the loop asks once a second, and so finds a dead one."""
    try:
        return function(*args)
    except AWAY:
        connection.close()
        raise


def _hang_up() -> None:
    # Not `connection.close` handed over: the name means another connection in each thread.
    connection.close()
