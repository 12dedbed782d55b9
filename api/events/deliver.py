"""The round of the webhooks: changes into events, events into deliveries, deliveries out."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import connection

from api.events import make as events
from api.events.models import Delivery, Event, Webhook
from live import announce
from live.listen import Listener
from live.outage import AWAY, Outage

HANDS = 4
ARMFUL = 20
POLL = 1.0
PRUNE = 600.0
KEEP_DAYS = 7


def turn() -> int:
    """Do what there is to do once; return how many deliveries were tried."""
    events.make_events()
    for webhook in Webhook.objects.filter(active=True):
        while webhook.take_events():
            pass
    with ThreadPoolExecutor(HANDS, thread_name_prefix="webhook") as hands:
        return sum(hands.map(_deliver, Webhook.objects.due()))


def run(stopping: threading.Event) -> None:
    """Work until *stopping* is set."""
    woken, outage = threading.Event(), Outage("webhooks")
    listener = Listener((announce.CHANGES,), lambda channel, payload: woken.set())
    listener.start()
    pruned = 0.0
    while not stopping.is_set():
        try:
            if not turn():
                woken.wait(POLL)
                woken.clear()
            if time.monotonic() - pruned > PRUNE:
                pruned = time.monotonic()
                prune()
            outage.ended()
        except AWAY as error:
            outage.report(error)
            connection.close()
            stopping.wait(1)
    listener.stop()


def prune() -> None:
    Event.objects.expired(settings.CHANGE_RETENTION_HOURS).delete()
    Delivery.objects.expired(KEEP_DAYS).delete()


def _deliver(webhook: Webhook) -> int:
    try:
        return webhook.deliver(ARMFUL)
    finally:
        connection.close()
