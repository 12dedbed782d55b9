from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from whatsapp.factories import SessionFactory
from whatsapp.models import LeaseLost, Session

pytestmark = pytest.mark.django_db


def test_a_number_has_one_owner_until_it_is_released() -> None:
    number = SessionFactory(lease_until=None)
    mine, theirs = number, Session.objects.get(pk=number.pk)
    assert mine.acquire("one")
    assert not theirs.acquire("other")
    mine.release()
    assert theirs.acquire("other")
    with pytest.raises(LeaseLost):
        mine.renew(0, None)


def test_the_last_event_outlives_a_restart() -> None:
    number = SessionFactory(lease_until=None)
    number.acquire("one")
    number.renew(0, timezone.now())
    number.renew(0, None)
    number.refresh_from_db()
    assert number.last_event_at is not None


def test_a_host_whose_clock_is_ahead_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    number = SessionFactory(lease_until=None)
    number.acquire("one")
    ahead = timezone.now() + timedelta(hours=1)
    monkeypatch.setattr(timezone, "now", lambda: ahead)
    assert not Session.objects.get(pk=number.pk).acquire("other")
    number.renew(0, None)
    until = Session.objects.get(pk=number.pk).lease_until
    assert until is not None
    assert until < ahead
