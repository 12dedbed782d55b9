"""The account's settings, which its phone shares with a device that was just linked."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from whatsapp.models import Session, State
from whatsapp.tests.loopback.conftest import House
from whatsapp.tests.loopback.raw_client import RawClient

pytestmark = pytest.mark.loopback


def test_a_linked_device_learns_the_accounts_name_and_may_say_it_is_there(raw: RawClient) -> None:
    raw.until("message", category="peer")
    raw.server.wait(lambda: raw.ask("name") == "Vendas RJ")
    raw.ask("presence", state="AVAILABLE")
    raw.server.wait(lambda: raw.company.presence == "available")
    assert raw.company.shown_name == "Vendas RJ"


def test_a_name_changed_on_the_phone_reaches_the_device_and_back(raw: RawClient) -> None:
    raw.server.wait(lambda: raw.ask("name") == "Vendas RJ")
    raw.server.rename(raw.company, "Vendas Rio")
    raw.server.wait(lambda: raw.ask("name") == "Vendas Rio")
    raw.ask("rename", name="Vendas Niterói")
    raw.server.wait(lambda: raw.company.app_state.collection("critical_block").version == 3)
    raw.server.rename(raw.company, "Vendas Rio")
    raw.server.wait(lambda: raw.ask("name") == "Vendas Rio")


def test_keys_are_told_once_and_the_name_outlives_a_restart(raw: RawClient) -> None:
    raw.server.wait(lambda: not raw.company.pending)
    raw.kill()
    raw.start()
    assert raw.ask("name").startswith("Vendas")
    assert not [event for event in raw.events if event["event"] == "message"]


def test_our_worker_stays_unavailable_so_that_the_owners_phone_rings(paired: House) -> None:
    paired.until(lambda: paired.company.presence == "unavailable")
    assert paired.company.shown_name == "Vendas SP"
    assert Session.objects.get().push_name == "Vendas SP"

    # A device that does not know the name yet may not say anything, and does when it learns it.
    paired.stop_worker()
    with closing(sqlite3.connect(paired.keys / "keys.sqlite3")) as store, store:
        store.execute("UPDATE whatsmeow_device SET push_name = ''")
    paired.company.presence = ""
    paired.start()
    paired.until_state(State.ONLINE)
    paired.server.rename(paired.company, "Vendas Sampa")
    paired.until(lambda: paired.company.presence == "unavailable")
    assert paired.company.shown_name == "Vendas Sampa"
