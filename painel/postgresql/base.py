"""Django's PostgreSQL backend for web processes: a pool that is busy is waited for, a PostgreSQL
that is away is not.

The pool itself cannot tell these apart: both end in its time-out.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import PoolTimeout

# Seconds: how long a request waits for others to give a connection back; how long one look at
# PostgreSQL counts, and may take (libpq's least).
BUSY = 20.0
FRESH = 1.0
LOOK = 2


class Presence:
    """Whether PostgreSQL answers, asked by one thread at a time; the threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._away = ""
        self._looked = 0.0

    def require(self, params: dict[str, Any]) -> None:
        """Raise psycopg.OperationalError while PostgreSQL is away."""
        # Whoever does not get the lock goes by what was last seen: a hundred requests must not all
        # try to connect to a PostgreSQL that is away.
        if time.monotonic() - self._looked > FRESH and self._lock.acquire(blocking=False):
            try:
                self._look(params)
            finally:
                self._lock.release()
        if self._away:
            raise psycopg.OperationalError(self._away)

    @property
    def away(self) -> bool:
        return bool(self._away)

    def _look(self, params: dict[str, Any]) -> None:
        try:
            # Past the pool, which would only hand out a time-out.
            psycopg.connect(**params | {"connect_timeout": LOOK}).close()
            self._away = ""
        except psycopg.OperationalError as error:
            self._away = str(error) or "PostgreSQL is away"
        # After the look, which may take LOOK seconds: FRESH counts from its answer.
        self._looked = time.monotonic()


class DatabaseWrapper(base.DatabaseWrapper):
    # Of the class: each thread has a wrapper of its own, and all share this.
    presence = Presence()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Raises psycopg.OperationalError: within milliseconds while PostgreSQL is known to be
        away, after BUSY seconds when no connection became free."""
        until = time.monotonic() + BUSY
        # Known to be away: asked again here, or nobody would ever see it come back.
        if self.presence.away:
            self.presence.require(conn_params)
        while True:
            try:
                # Waits for the pool's own time-out (settings: half a second), not longer.
                return super().get_new_connection(conn_params)
            except PoolTimeout:
                self.presence.require(conn_params)
                if time.monotonic() > until:
                    raise
