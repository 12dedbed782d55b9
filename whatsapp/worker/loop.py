"""A thread that does one thing over and over, and that others can watch."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from django.db import close_old_connections

from accounts.audit import entered
from accounts.models import Door
from live.outage import AWAY, Outage
from whatsapp.models import LeaseLost

logger = logging.getLogger(__name__)

# A send may take five minutes; what takes longer than this will not come back.
STUCK = 900.0


class Loop(threading.Thread):
    """Repeats *step* until *stopping* is set. A step that fails is logged and tried again.

    *lease_lost* is called when a step finds that the number has another owner.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], None],
        stopping: threading.Event,
        outage: Outage,
        lease_lost: Callable[[], None],
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._step, self._stopping, self._outage = step, stopping, outage
        self._lease_lost = lease_lost
        self._begun = time.monotonic()

    def run(self) -> None:
        # A thread begins without the entrance of whoever started it.
        with entered(Door.WIRE):
            while not self._stopping.is_set():
                self._begun = time.monotonic()
                self._once()

    def _once(self) -> None:
        try:
            # One that PostgreSQL has dropped is replaced before the step needs it.
            close_old_connections()
            self._step()
        except LeaseLost:
            self._lease_lost()
        except AWAY as error:
            self._outage.report(error)
            self._stopping.wait(1)
        # The loop must live; the step that failed is tried again in a second, and is in the log.
        except Exception:
            logger.exception("%s: %s failed", self.name, self._step.__qualname__)
            self._stopping.wait(1)

    @property
    def trouble(self) -> str:
        """Why this loop can no longer be trusted, "" while it can."""
        if not self.is_alive():
            return "has ended"
        return "is stuck" if time.monotonic() - self._begun > STUCK else ""
