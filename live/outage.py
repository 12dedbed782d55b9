"""PostgreSQL away: which errors mean it, and a log that says it once, each minute, and its end."""

from __future__ import annotations

import logging
import time

import psycopg
from django.db import InterfaceError, OperationalError

logger = logging.getLogger(__name__)

REPEAT = 60.0
# These mean that PostgreSQL is away, and nothing else does: every other database error is a bug.
AWAY = (OperationalError, InterfaceError)
# The same of a connection that Django does not know of.
RAW_AWAY = (psycopg.OperationalError, psycopg.InterfaceError)


class Outage:
    """Logs when PostgreSQL goes away and comes back, for one loop or process (*who* in the log).

    Threads may share it: at worst two of them log the same.
    """

    def __init__(self, who: str) -> None:
        self._who = who
        self._since: float | None = None
        self._said = 0.0

    @property
    def ongoing(self) -> bool:
        return self._since is not None

    def report(self, error: Exception) -> None:
        """PostgreSQL is away: log it now, then once a minute."""
        now = time.monotonic()
        if self._since is None:
            # As if said a while ago, so that the first report speaks.
            self._since, self._said = now, now - REPEAT
        if now - self._said >= REPEAT:
            self._said = now
            reason = str(error).strip().partition("\n")[0]
            logger.warning("%s: PostgreSQL is away: %s", self._who, reason)

    def ended(self) -> None:
        """PostgreSQL answers; does nothing when it was not away."""
        if self._since is not None:
            seconds, self._since = time.monotonic() - self._since, None
            logger.warning("%s: PostgreSQL is back after %.0f s", self._who, seconds)
