"""The round of the webhooks: changes into events, events into deliveries, deliveries out."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from api.events import make as events
from api.events.models import Webhook
from api.events.retention import prune
from live import announce
from live.listen import Listener
from live.outage import AWAY, Outage

logger = logging.getLogger(__name__)

# Addresses at once; deliveries of one in its turn; seconds without a NOTIFY; between prunings.
THREADS = 4
PER_WEBHOOK = 20
POLL = 1.0
PRUNE = 600.0


def run_once() -> int:
    """Do what there is to do once; return how many deliveries were tried."""
    events.make_events()
    for webhook in Webhook.objects.filter(active=True):
        # First for all: nothing is sent here, so that no silent address holds it up.
        _guarded(webhook, _take_all)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="webhook") as threads:
        # One thread has a webhook, so that its events keep their order.
        return sum(threads.map(_deliver, Webhook.objects.due()))


def run(stopping: threading.Event) -> None:
    """Work until *stopping* is set."""
    woken, outage = threading.Event(), Outage("webhooks")
    # Only wakes: what there is to do the database says, NOTIFY or not.
    listener = Listener((announce.CHANGES,), lambda channel, payload: woken.set())
    listener.start()
    pruned = 0.0
    while not stopping.is_set():
        try:
            if not run_once():
                woken.wait(POLL)
                # Cleared before the next look, not after it: what comes meanwhile wakes again.
                woken.clear()
            if time.monotonic() - pruned > PRUNE:
                pruned = time.monotonic()
                prune()
            outage.ended()
        except AWAY as error:
            # The connection is dead and would stay so; the next round makes a new one.
            outage.report(error)
            connection.close()
            stopping.wait(1)
        except Exception:
            # Of no single webhook; the loop must live, and the log says why.
            logger.exception("webhooks: a round failed")
            stopping.wait(1)
    listener.stop()


def _deliver(webhook: Webhook) -> int:
    try:
        return _guarded(webhook, lambda one: one.deliver(PER_WEBHOOK))
    finally:
        connection.close()


def _take_all(webhook: Webhook) -> int:
    while webhook.take_events():
        pass
    return 0


def _guarded(webhook: Webhook, work: Callable[[Webhook], int]) -> int:
    """Do *work* and return its result; what fails in it is logged with the webhook's id (0 is
    returned) and costs no other one its turn.

    A delivery that fails so leaves its webhook held for LEASE, as if the deliverer had died.
    """
    try:
        return work(webhook)
    except AWAY:
        raise
    except Exception:
        logger.exception("webhook %s failed", webhook.pk)
        return 0
