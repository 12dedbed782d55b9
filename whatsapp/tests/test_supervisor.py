from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from whatsapp.factories import SessionFactory
from whatsapp.models import Session, State
from whatsapp.worker.child import Child
from whatsapp.worker.exits import AGAIN
from whatsapp.worker.supervisor import Supervisor

pytestmark = pytest.mark.django_db


def test_a_number_whose_keys_are_elsewhere_is_left_alone(
    settings: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.NUMBERS_DIR = tmp_path
    number = SessionFactory(lease_until=None)
    supervisor = Supervisor()
    supervisor.step()
    supervisor.step()
    assert supervisor.children == {}
    assert Session.objects.get().state == number.state == State.ONLINE
    assert Session.objects.get().shown_state == State.STOPPED
    assert caplog.text.count("its keys are not on this host") == 1


def test_a_number_that_fails_for_days_ends_nothing_else() -> None:
    number = SessionFactory(state=State.RECONNECTING)
    child = Child("number", ["true"])
    child.started = time.monotonic()
    supervisor = Supervisor()
    for _ in range(1100):
        supervisor.children[number.pk] = child
        supervisor.reap(number.pk, child, AGAIN)
    assert supervisor.children == {}
