"""One hub in each web process: hears what changed, renders it once, and sends it to the sockets.

The socket is a hint, the database the truth: a page says which change it saw last, and gets what
came after, again if need be, since every piece is idempotent in the page.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from accounts.logins import Login, still_valid
from accounts.models import Agent
from atendimento.live import frames
from atendimento.live.panes import PANES
from atendimento.live.panes.base import Pane
from atendimento.live.screen import Screen
from atendimento.live.typing_notes import Note, TypingNotes
from atendimento.sight import Sight, with_sights
from live import announce, retention
from live.feed import FeedReader
from live.models import Change, ChangeKind, xmin
from live.outlet import CloseCode, Outlet

# Frames that may wait for one socket; a page that is so far behind gets TOO_SLOW and comes back.
QUEUE = 64
# A page that missed more changes than this is loaded anew: cheaper than replaying them.
GAP = 500
# Seconds: between two prunings; how long a replay may be shared.
PRUNE = 600.0
SHARED = 2.0


@dataclass(eq=False)
class Socket:
    """One browser's page: by whose log-in, what it has before it, and the way out to it."""

    login: Login
    screen: Screen
    outlet: Outlet


class Hub(FeedReader):
    """Lives in the event loop that first asked for it; `watch` and `leave` are its door."""

    channels = (*FeedReader.channels, announce.TYPING)
    panes: ClassVar[Sequence[Pane]] = PANES

    def __init__(self) -> None:
        super().__init__()
        self.sockets: set[Socket] = set()
        # Not `self.lock`: an admission may come between the steps of a catching up.
        self._door = asyncio.Lock()
        self._arriving: set[Login] = set()
        self._admitted: dict[Login, tuple[Agent, Sight]] = {}
        # Up to where changes were told: what this snapshot could not see is new.
        self._snapshot: str | None = None
        # Used on the reader's one thread only, and so without a lock.
        self._shared: tuple[tuple[int, ...], float, frames.Batch] | None = None
        self._pruned = time.monotonic()
        self._typing = TypingNotes(self._tell_typing)

    async def admit(self, login: Login) -> tuple[Agent, Sight] | None:
        """Who it is and what he sees now; None when the log-in has ended. Asked once for all who
        wait for it: after a restart every page comes back at the same moment."""
        self._arriving.add(login)
        async with self._door:
            # The lock is first come, first served: whoever was asked for reads before the next.
            if login in self._arriving:
                asked = list(self._arriving)
                self._admitted = await self.run(_standing, asked)
                # Not before: had the database gone away above, the next one asks for all again.
                self._arriving.difference_update(asked)
            return self._admitted.get(login)

    async def watch(self, socket: Socket, since: int) -> None:
        """Replay what came after *since*, then keep *socket* up to date."""
        async with self.lock:
            # The others hear first what is new; then nothing can come between replay and live, for
            # whoever brings news needs the same lock.
            await self.catch_up()
            missed = await self.run(Change.objects.missed_since, since, GAP)
            # Its right may have narrowed while it was away, which no change of these tells.
            if missed is None or await self.run(frames.shows_hidden, socket.screen):
                socket.outlet.put(await self.run(frames.reload, self._cursor))
            else:
                # It may come from another process that has read further: no cursor goes back.
                cursor = max(since, self._cursor)
                for frame in (await self.run(self._replay, missed, socket.screen, cursor)).values():
                    socket.outlet.put(frame)
            # Only after the replay: otherwise a frame of now could be put before one of the past.
            self.sockets.add(socket)

    def leave(self, socket: Socket) -> None:
        self.sockets.discard(socket)
        socket.outlet.stop()

    def outlets(self) -> Iterator[Outlet]:
        return (socket.outlet for socket in self.sockets)

    def heard(self, channel: str, payload: str) -> None:
        if channel == announce.TYPING:
            self._typing.hear(json.loads(payload))
        else:
            super().heard(channel, payload)

    def outage(self, away: bool) -> None:
        self._tell_all(frames.outage(away))

    def beat(self) -> None:
        self._tell_all(frames.beat())

    async def periodically(self) -> None:
        if time.monotonic() - self._pruned > PRUNE:
            self._pruned = time.monotonic()
            await self.run(retention.prune_changes)

    async def catch_up(self) -> None:
        """Read the new changes once, and give each socket one frame."""
        if self._snapshot is None:
            # From now on; whoever missed something brings a cursor.
            self._snapshot = await self.run(announce.snapshot)
        fresh = await self.run(_unseen, self._snapshot)
        if not fresh:
            return
        # It may be hidden from some by now, who must hear nothing more of it.
        if any(change.kind == ChangeKind.SESSION_CHANGED for change in fresh):
            await self.check_authority()
        made: dict[Screen, str] = {}
        if self.sockets:
            # A copy: sockets may leave while the thread renders (to come, they need the lock).
            screens = [socket.screen for socket in self.sockets]
            cursor = xmin(fresh[0].snapshot)
            made = await self.run(frames.make, fresh, screens, cursor, self.panes)
        # Only now: had the database gone away above, the same changes would be read again.
        self._snapshot = fresh[0].snapshot
        for change in fresh:
            if change.kind == ChangeKind.MESSAGE_ADDED:
                # "Is typing" must not come after what was typed.
                self._typing.forget(change.conversation_id)
        for socket in self.sockets:
            if frame := made.get(socket.screen):
                socket.outlet.put(frame)

    async def check_authority(self) -> None:
        """Close whose log-in has ended; give the others their agent and sight as they are now, and
        take away what they may not see any more."""
        sockets = list(self.sockets)
        standing = await self.run(_standing, [socket.login for socket in sockets])
        for socket in sockets:
            known = standing.get(socket.login)
            if known is None:
                # Out of the set before its `disconnect`: nothing is rendered for it any more.
                socket.outlet.cut(CloseCode.ENDED)
                self.sockets.discard(socket)
                continue
            before, screen = socket.screen.sight, socket.screen
            # Before the rows are taken away: whatever is rendered from here on is of the new sight.
            screen.agent, screen.sight = known
            if not screen.sight.covers(before):
                socket.outlet.put(await self.run(frames.taken_away, screen, before))

    @property
    def _cursor(self) -> int:
        return xmin(self._snapshot) if self._snapshot else 0

    def _tell_all(self, frame: str) -> None:
        for socket in self.sockets:
            socket.outlet.put(frame)

    def _tell_typing(self, notes: Collection[Note]) -> None:
        made = [(note["session"], frames.typing(note)) for note in notes]
        for socket in self.sockets:
            sight = socket.screen.sight
            if frame := "".join(piece for number, piece in made if sight.sees(number)):
                socket.outlet.put(frame)

    def _replay(self, missed: list[Change], screen: Screen, cursor: int) -> dict[Screen, str]:
        """Many sockets come back at once and missed the same: read and render that once. Any newer
        change makes another key, so what is shared is never older than the last change."""
        # Ids alone are enough for a key: each piece is rendered from the rows as they are now, and
        # a row that changes after that has a change of its own.
        key, now = tuple(change.pk for change in missed), time.monotonic()
        if self._shared is None or self._shared[0] != key or now - self._shared[1] > SHARED:
            self._shared = (key, now, frames.Batch(missed, self.panes))
        return frames.make(missed, [screen], cursor, self.panes, self._shared[2])


def _standing(logins: Collection[Login]) -> dict[Login, tuple[Agent, Sight]]:
    """Of each log-in that holds, its agent and what he sees; three queries for all."""
    return with_sights(still_valid(logins)) if logins else {}


def _unseen(snapshot: str) -> list[Any]:
    return list(Change.objects.unseen(snapshot))
