from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from accounts import audit
from accounts.models import AuditEntry, Door
from live.outage import Outage
from whatsapp.models import LeaseLost
from whatsapp.worker.loop import Loop

pytestmark = pytest.mark.django_db(transaction=True)


def _run(step: Callable[[], None], stopping: threading.Event) -> Loop:
    loop = Loop("test", step, stopping, Outage("test"), stopping.set)
    loop.start()
    loop.join(10)
    return loop


def test_what_a_loop_writes_came_by_the_wire() -> None:
    stopping = threading.Event()

    def step() -> None:
        audit.record(None, "number.connected")
        connection.close()
        stopping.set()

    _run(step, stopping)
    assert AuditEntry.objects.get().door == Door.WIRE


def test_a_step_that_fails_is_tried_again() -> None:
    stopping = threading.Event()
    tries: list[int] = []

    def step() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("nobody thought of this")
        stopping.set()

    _run(step, stopping)
    assert len(tries) == 2


def test_a_loop_that_ended_is_trouble() -> None:
    stopping = threading.Event()

    def step() -> None:
        raise LeaseLost

    assert _run(step, stopping).trouble == "has ended"
    assert stopping.is_set()
