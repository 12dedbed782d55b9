"""Callbacks for the end of a web process: sockets register here to be told in time.

All of it runs in the event loop of the web process; it needs no lock.
"""

from __future__ import annotations

from collections.abc import Callable

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
    # One by one: a callback may unregister others.
    while _callbacks:
        _callbacks.pop()()
