"""That customers type: the newest note of each conversation, a few times a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from typing import Any

# As `announce.contact_typing` writes it: "who", "conversation", "session", "state".
Note = dict[str, Any]

# Seconds between two tellings: five frames a second are as many as a page can show.
EVERY = 0.2


class TypingNotes:
    """Hands the newest note of each conversation to *tell*, however many notes a transaction or a
    telephone makes: typing never fills a queue. Lives in the event loop."""

    def __init__(self, tell: Callable[[Collection[Note]], None]) -> None:
        self._tell = tell
        self._newest: dict[int, Note] = {}
        self._told = 0.0

    def hear(self, note: Note) -> None:
        # That a colleague types concerns the customer's telephone, not other pages.
        if note["who"] != "contact":
            return
        # The first note sets the clock; those that come before it rings replace each other.
        if not self._newest:
            wait = max(0.0, self._told + EVERY - time.monotonic())
            asyncio.get_running_loop().call_later(wait, self._ring)
        self._newest[note["conversation"]] = note

    def forget(self, conversation_id: int | None) -> None:
        self._newest.pop(conversation_id or 0, None)

    def _ring(self) -> None:
        notes, self._newest = list(self._newest.values()), {}
        self._told = time.monotonic()
        self._tell(notes)
