from __future__ import annotations

import pytest

from whatsapp.models import Delivery, Origin, State
from whatsapp.tests.loopback.conftest import House

pytestmark = pytest.mark.loopback


def test_a_message_comes_in_is_answered_delivered_and_read(paired: House) -> None:
    marina = paired.customer()
    paired.server.write(marina, paired.company, "Bom dia")
    received = paired.until_message("Bom dia")
    assert received.conversation.contact.push_name == "Marina Duarte"

    received.conversation.write(None, "Bom dia, Marina", "key-1", origin=Origin.DESK)
    paired.until(lambda: [bubble.text for bubble in marina.inbox()] == ["Bom dia, Marina"])
    paired.until_message("Bom dia, Marina", Delivery.DELIVERED)

    paired.server.read(marina, paired.company)
    paired.until_message("Bom dia, Marina", Delivery.READ)


def test_pairing_tells_who_the_number_is(paired: House) -> None:
    session = paired.until_state(State.ONLINE)
    assert session.phone == "5511911110000"
    assert session.owned
