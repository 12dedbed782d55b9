from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from whatsapp.factories import SessionFactory
from whatsapp.models import Session, State
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
