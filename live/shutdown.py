"""Tells those who hold something open in this process that it is about to end.

All of it runs in the event loop of the web process; it needs no lock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

COME_BACK = 4503
FLUSH = 2.0

_callbacks: set[Callable[[], None]] = set()
_begun = False


def register(callback: Callable[[], None]) -> None:
    """Have *callback* called once when the process begins to end; at once if it already does."""
    if _begun:
        callback()
    else:
        _callbacks.add(callback)


def unregister(callback: Callable[[], None]) -> None:
    _callbacks.discard(callback)


def begin() -> None:
    """Call everybody who registered. Later calls do nothing."""
    global _begun
    _begun = True
    while _callbacks:
        _callbacks.pop()()


async def emptied(queue: asyncio.Queue[Any]) -> None:
    """Wait until *queue* is empty, for at most FLUSH seconds."""
    loop = asyncio.get_running_loop()
    until = loop.time() + FLUSH
    while not queue.empty() and loop.time() < until:
        await asyncio.sleep(0.02)
