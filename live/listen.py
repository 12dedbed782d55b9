"""A thread that hears PostgreSQL's NOTIFY and wakes others; polling is their net when it cannot."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import connection

logger = logging.getLogger(__name__)


def where() -> dict[str, Any]:
    """The database of this process, for a connection that nobody else uses."""
    # Without pool and Django's adapters: LISTEN lasts as long as its connection.
    params = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port", "connect_timeout")
    return {name: params[name] for name in names if params.get(name)}


class Listener(threading.Thread):
    """Calls *heard(channel, payload)* for each NOTIFY, until stopped; reconnects by itself."""

    def __init__(self, channels: tuple[str, ...], heard: Callable[[str, str], None]) -> None:
        super().__init__(name="listen", daemon=True)
        self._channels, self._heard = channels, heard
        self._stop_asked = threading.Event()

    def run(self) -> None:
        while not self._stop_asked.is_set():
            try:
                self._listen()
            except psycopg.Error as error:
                logger.debug("listen: %s", error)  # whose polling fails says so
                self._stop_asked.wait(1)

    def _listen(self) -> None:
        with psycopg.connect(autocommit=True, **where()) as listening:
            for channel in self._channels:
                listening.execute(f"LISTEN {channel}")
            while not self._stop_asked.is_set():
                # The timeout is for `stop`, which is looked at once a second.
                for note in listening.notifies(timeout=1):
                    self._heard(note.channel, note.payload)

    def stop(self) -> None:
        self._stop_asked.set()
