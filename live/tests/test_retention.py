from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.utils import timezone

from live import retention
from live.listen import where
from live.models import Change

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def _old_changes(settings: Any) -> None:
    settings.CHANGE_RETENTION_HOURS = 48
    Change.objects.bulk_create(Change(kind="session_changed") for _ in range(3))
    Change.objects.update(at=timezone.now() - timedelta(hours=49))


@pytest.mark.usefixtures("_old_changes")
def test_old_changes_are_forgotten_but_the_newest() -> None:
    newest = Change.objects.latest("pk")
    assert retention.prune_changes() == 2
    assert list(Change.objects.all()) == [newest]


@pytest.mark.usefixtures("_old_changes")
def test_one_process_at_a_time_forgets() -> None:
    with psycopg.connect(autocommit=True, **where()) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [retention.CHANGES])
        assert retention.prune_changes() == 0
        other.execute("SELECT pg_advisory_unlock_all()")
    assert retention.prune_changes() == 2
