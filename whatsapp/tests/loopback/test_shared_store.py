"""Keys in a PostgreSQL store: a number moves to another host, with no QR and nothing lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from whatsapp.gateway.store import Store
from whatsapp.models import Delivery, Session, State
from whatsapp.tests.loopback.conftest import House, database_url

pytestmark = pytest.mark.loopback


@pytest.fixture
def store_url(house: House, settings: Any) -> Iterator[str]:
    settings.WHATSAPP_STORE_URL = f"{database_url()}&sslmode=disable"
    yield settings.WHATSAPP_STORE_URL
    house.end_workers()
    Store(house.session.pk).erase()


def test_another_host_takes_the_number_with_its_keys(
    house: House, store_url: str, tmp_path: Path
) -> None:
    first = house.start(WHATSAPP_STORE_URL=store_url)
    house.pair()
    marina = house.customer()
    house.server.write(marina, house.company, "na primeira máquina")
    conversation = house.until_message("na primeira máquina").conversation
    conversation.write(None, "respondida ali", "ali")
    house.until_message("respondida ali", Delivery.DELIVERED)
    owner = house.now().lease_owner
    child = house.number_process()
    os.kill(first.pid, signal.SIGKILL)
    os.kill(child, signal.SIGKILL)
    house.server.write(marina, house.company, "sem ninguém")
    house.start(WHATSAPP_STORE_URL=store_url, PAINEL_VAR=str(tmp_path))
    house.until(lambda: Session.objects.get().lease_owner not in ("", owner), 15)
    house.until_state(State.ONLINE)
    house.until_message("sem ninguém")
    conversation.write(None, "respondida aqui", "aqui")
    house.until_message("respondida aqui", Delivery.DELIVERED)
    assert [bubble.text for bubble in marina.inbox()] == ["respondida ali", "respondida aqui"]
