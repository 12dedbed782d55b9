from __future__ import annotations

from datetime import timedelta

import pytest

from whatsapp import events
from whatsapp.models import State
from whatsapp.worker.exits import REFUSAL_PAUSE, REFUSED
from whatsapp.worker.link import LinkChange, link_change, login_refusal


@pytest.mark.parametrize(
    ("event", "change"),
    [
        (events.Connected(), LinkChange(State.ONLINE)),
        (events.Disconnected(), LinkChange(State.RECONNECTING)),
        (
            events.LoggedOut("UNLINKED"),
            LinkChange(State.LOGGED_OUT, "O aparelho foi removido no celular.", None, REFUSED),
        ),
        (events.LoggedOut("NEWER"), LinkChange(State.LOGGED_OUT, "NEWER", None, REFUSED)),
        (events.Replaced(), LinkChange(State.REPLACED, "", None, REFUSED)),
        (
            events.Banned("BLOCKED_BY_USERS", 60),
            LinkChange(
                State.BANNED,
                "Muitas pessoas bloquearam este número.",
                timedelta(seconds=60),
                REFUSED,
            ),
        ),
        (events.Outdated(), LinkChange(State.OUTDATED, "", REFUSAL_PAUSE, REFUSED)),
        (
            events.ConnectFailed("503"),
            LinkChange(State.FAILED, "O WhatsApp recusou a ligação (503).", REFUSAL_PAUSE, REFUSED),
        ),
        (events.Ignored("group"), None),
    ],
)
def test_what_an_event_means_for_its_number(event: events.Event, change: LinkChange | None) -> None:
    assert link_change(event) == change


def test_a_ban_for_ages_has_a_date_all_the_same() -> None:
    change = link_change(events.Banned("UNKNOWN", 2**62))
    assert change is not None
    assert change.retry == timedelta(days=366)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("timeout", State.EXPIRED),
        ("passkey-request", State.PASSKEY),
        ("err-client-outdated", State.OUTDATED),
        ("something-new", State.FAILED),
    ],
)
def test_what_a_refused_login_means_for_its_number(status: str, state: State) -> None:
    change = login_refusal(status)
    assert (change.state, change.exit) == (state, REFUSED)
