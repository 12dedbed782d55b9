from __future__ import annotations

import pytest

from whatsapp.models import Session, State, Wanted
from whatsapp.tests.loopback.conftest import House

pytestmark = pytest.mark.loopback


@pytest.mark.parametrize(
    ("refusal", "state"),
    [
        ({"reason": "401"}, State.LOGGED_OUT),
        ({"reason": "402", "code": "101", "expire": "3600"}, State.BANNED),
        ({"reason": "405"}, State.OUTDATED),
        ({"reason": "400"}, State.FAILED),
    ],
)
def test_a_refused_login_is_a_state_in_words(
    paired: House, refusal: dict[str, str], state: State
) -> None:
    paired.company.faults.refuse = refusal
    paired.server.drop(paired.company)
    session = paired.until_state(state)
    assert session.words.sentence
    assert session.words.next_step
    assert session.needs_a_hand
    if state == State.BANNED:
        assert session.retry_at is not None


def test_unlinked_on_the_phone_and_replaced_elsewhere(paired: House) -> None:
    paired.server.replace_elsewhere(paired.company)
    paired.until_state(State.REPLACED)
    Session.objects.get().want(Wanted.ON)
    paired.until_state(State.ONLINE)
    paired.server.unlink_on_phone(paired.company)
    assert (
        paired.until_state(State.LOGGED_OUT).state_detail == "O aparelho foi removido no celular."
    )


def test_unlinked_by_us_then_paired_again_keeps_history(paired: House) -> None:
    paired.server.write(paired.customer(), paired.company, "antes")
    paired.until_message("antes")
    Session.objects.get().want(Wanted.LOGOUT)
    paired.until_state(State.LOGGED_OUT)
    assert paired.company.companion is None
    paired.session.refresh_from_db()
    paired.pair()
    paired.server.write(paired.customer(), paired.company, "depois")
    message = paired.until_message("depois")
    assert message.conversation.messages.filter(body="antes").exists()


def test_lost_connection_heals_by_itself(paired: House) -> None:
    paired.server.drop(paired.company)
    paired.server.write(paired.customer(), paired.company, "voltei")
    paired.until_message("voltei")
    paired.until_state(State.ONLINE)
