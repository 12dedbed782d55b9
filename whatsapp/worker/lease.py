"""Keeping the lease of a number while its process works."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from django.conf import settings
from django.db import close_old_connections

from live.outage import AWAY, Outage
from whatsapp.models import LeaseLost, Session
from whatsapp.worker.spool import Spool


class LeaseKeeper:
    """Renews the lease of *session* from the main thread. Make it before the lease is acquired."""

    def __init__(self, session: Session, spool: Spool, outage: Outage) -> None:
        self.session, self.spool, self.outage = session, spool, outage
        self._renewed = time.monotonic()

    def keep_lease(self, stopping: threading.Event, watch: Callable[[], None]) -> None:
        """Renew the lease, and *watch*, until told to stop. Raises LeaseLost.

        When PostgreSQL does not answer until the lease is nearly over, that is LeaseLost as well:
        the socket must close before another worker may open one.
        """
        while not stopping.wait(settings.LEASE_RENEW_SECONDS):
            try:
                close_old_connections()
                self._renew()
                self.outage.ended()
                watch()
            except AWAY as error:
                self.outage.report(error)
                # PostgreSQL will not have these soon, so the disk must.
                self.spool.sync()
                if self._nearly_over():
                    raise LeaseLost("PostgreSQL is away") from error

    def _renew(self) -> None:
        # Before the question: PostgreSQL counts from when it answers, so we err on the safe side.
        asked = time.monotonic()
        last = self.spool.last_at
        heard = datetime.fromtimestamp(last, UTC) if last else None
        self.session.renew(self.spool.depth(), heard)
        self._renewed = asked

    def _nearly_over(self) -> bool:
        """By the clock that no one sets, counted from when the last renewal was asked for."""
        # With 8 s and a renewal each 2 s the socket closes 5 s after the last one.
        margin = settings.LEASE_RENEW_SECONDS * 1.5
        return time.monotonic() - self._renewed > settings.LEASE_SECONDS - margin
