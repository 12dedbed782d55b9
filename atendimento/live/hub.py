"""One hub in each web process: hears what changed, reads and renders it once, hands out bytes.

The socket is a hint, the database the truth: a page says which change it saw last, and gets what
came after, again if need be, since every piece is idempotent in the page.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from accounts.models import Agent
from atendimento import panes
from atendimento.live import frames
from live import announce
from live.feed import FeedReader
from live.models import Change, xmin
from whatsapp.models import Session

logger = logging.getLogger(__name__)

QUEUE = 64
GAP = 500
REFRESH = 30.0
PRUNE = 600.0
SHARED = 2.0


@dataclass(eq=False)
class Watcher:
    """One socket: who looks, at what, and the frames that wait for it."""

    agent: Agent
    look: panes.Look
    conversation: int | None
    sessions: frozenset[int]
    close: Callable[[], None]
    queue: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(QUEUE))

    def send(self, frame: str) -> None:
        """Queue a frame; a socket that cannot keep up is cut, and heals by its cursor."""
        try:
            self.queue.put_nowait(frame)
        except asyncio.QueueFull:
            self.close()


class Hub(FeedReader):
    """Lives in the event loop that first asked for it; `watch` and `leave` are its door."""

    channels = (announce.CHANGES, announce.TYPING)

    def __init__(self) -> None:
        super().__init__()
        self.watchers: set[Watcher] = set()
        self._snapshot: str | None = None
        self._shared: tuple[tuple[int, ...], float, frames.Batch] | None = None
        self._refreshed = self._pruned = time.monotonic()

    async def watch(self, watcher: Watcher, since: int) -> None:
        """Replay what came after *since*, then keep *watcher* up to date."""
        async with self.lock:
            await self.catch_up()
            missed = await self.run(_missed, since)
            if missed is None:
                watcher.send(await self.run(frames.reload, self._cursor))
            else:
                made = await self.run(self._replay, missed, watcher, max(since, self._cursor))
                for frame in made.values():
                    watcher.send(frame)
            self.watchers.add(watcher)

    def _replay(self, missed: list[Change], watcher: Watcher, cursor: int) -> dict[Watcher, str]:
        """Many sockets come back at once and missed the same: read and render that once. Any newer
        change makes another key, so what is shared is never older than the last change."""
        key, now = tuple(change.pk for change in missed), time.monotonic()
        if self._shared is None or self._shared[0] != key or now - self._shared[1] > SHARED:
            self._shared = (key, now, frames.Batch(missed))
        return frames.make(self._shared[2], [watcher], cursor)

    def leave(self, watcher: Watcher) -> None:
        self.watchers.discard(watcher)

    def heard(self, channel: str, payload: str) -> None:
        if channel == announce.TYPING:
            self._typing(json.loads(payload))
        else:
            super().heard(channel, payload)

    def outage(self, away: bool) -> None:
        for watcher in self.watchers:
            watcher.send(frames.outage(away))

    async def periodically(self) -> None:
        if time.monotonic() - self._refreshed > REFRESH:
            self._refreshed = time.monotonic()
            await self._refresh()
        if time.monotonic() - self._pruned > PRUNE:
            self._pruned = time.monotonic()
            await self.run(prune)

    async def catch_up(self) -> None:
        """Read the new changes once, and give each watcher one frame."""
        if self._snapshot is None:
            self._snapshot = await self.run(announce.snapshot)
        fresh = await self.run(_unseen, self._snapshot)
        if not fresh:
            return
        if any(change.kind == "session_changed" for change in fresh):
            await self._refresh()
        made: dict[Watcher, str] = {}
        if self.watchers:
            cursor = xmin(fresh[0].snapshot)
            made = await self.run(_frames, fresh, list(self.watchers), cursor)
        # Only now: had the database gone away above, the same changes would be read again.
        self._snapshot = fresh[0].snapshot
        for watcher, frame in made.items():
            watcher.send(frame)

    @property
    def _cursor(self) -> int:
        return xmin(self._snapshot) if self._snapshot else 0

    async def _refresh(self) -> None:
        """Rights may have changed: ask again what each agent may see; who may not, is cut."""
        visible = await self.run(_visible, {watcher.agent.pk for watcher in self.watchers})
        for watcher in list(self.watchers):
            if watcher.agent.pk in visible:
                watcher.sessions = visible[watcher.agent.pk]
            else:
                watcher.close()

    def _typing(self, note: dict[str, Any]) -> None:
        if note["who"] != "contact":
            return
        frame = frames.typing(note["conversation"], note["state"])
        for watcher in self.watchers:
            if note["session"] in watcher.sessions:
                watcher.send(frame)


def _frames(changes: list[Change], watchers: list[Watcher], cursor: int) -> dict[Watcher, str]:
    """What cannot be shown is asked for anew, by a reload: it must not stop what comes after it."""
    try:
        return frames.make(frames.Batch(changes), watchers, cursor)
    except (DatabaseError, InterfaceError):
        raise
    except Exception:
        logger.exception("changes %s to %s", changes[0].pk, changes[-1].pk)
        return dict.fromkeys(watchers, frames.reload(cursor))


def _unseen(snapshot: str) -> list[Any]:
    return list(Change.objects.unseen(snapshot))


def _missed(since: int) -> list[Change] | None:
    """The changes that a page with this cursor has not seen; None when they are too many, or some
    may be gone: the newest change is never pruned, so an older one than *since* shows that none
    is."""
    oldest = Change.objects.order_by("pk").values_list("xid", flat=True).first()
    found = list(Change.objects.since(since)[: GAP + 1])
    gone = oldest is not None and since < oldest
    return None if len(found) > GAP or gone else found


def _visible(agents: Iterable[int]) -> dict[int, frozenset[int]]:
    return Session.objects.visible_by_agent(Agent.objects.filter(pk__in=agents, is_active=True))


def visible_sessions(agent: Agent) -> frozenset[int]:
    return frozenset(Session.objects.visible_to(agent).values_list("pk", flat=True))


def prune() -> None:
    """Forget old changes, but the newest: it shows to pages what may be gone."""
    newest = Change.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    expired = Change.objects.expired(settings.CHANGE_RETENTION_HOURS).filter(pk__lt=newest)
    while ids := list(expired.values_list("pk", flat=True)[:1000]):
        Change.objects.filter(pk__in=ids).delete()
