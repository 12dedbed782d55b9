"""A change that cannot become an event stops none of the others."""

from __future__ import annotations

import pytest

from api.events.make import make_events
from api.models import Event
from live.models import Change
from whatsapp.factories import ConversationFactory, MessageFactory, SessionFactory
from whatsapp.models import Session

pytestmark = pytest.mark.django_db


def test_a_change_that_cannot_become_an_event_stops_none(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """By data alone: a number in a state that this version does not know."""
    conversation = ConversationFactory()
    bad = SessionFactory()
    Session.objects.filter(pk=bad.pk).update(state="telepatia")
    MessageFactory(conversation=conversation, body="antes").announce_added()
    for _ in range(2):
        Change.objects.create(kind="session_changed", session_id=bad.pk)
    MessageFactory(conversation=conversation, body="depois").announce_added()
    make_events()
    told = [event.data.get("content") for event in Event.objects.order_by("pk")]
    assert told == ["antes", "depois"]
    assert not Change.objects.without_event().exists()
    poison = Change.objects.filter(kind="session_changed")
    for change in poison:
        assert f"change {change.pk} cannot become an event" in caplog.text


def test_a_pairing_code_is_in_no_event() -> None:
    number = SessionFactory()
    number.show_qr("2@segredo", 20)
    make_events()
    event = Event.objects.get(type="whatsapp:qr")
    assert "segredo" not in str(event.data)
    assert event.data["expiresAt"]
