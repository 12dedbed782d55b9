"""What the library itself makes of the loopback, with nothing of ours in between."""

from __future__ import annotations

import pytest
from neonize.proto.waHistorySync.WAWebProtobufsHistorySync_pb2 import HistorySync

from loopback.phones import Customer
from whatsapp.tests.loopback.raw_client import RawClient

pytestmark = pytest.mark.loopback

GROUP, CHANNEL = "120363000000000001", "120363000000000002"


@pytest.fixture
def marina(raw: RawClient) -> Customer:
    return raw.server.customer("5511990010001", "Marina Duarte")


def test_a_groups_messages_are_decrypted_with_its_sender_key(
    raw: RawClient, marina: Customer
) -> None:
    for text in ("primeira", "segunda", "terceira"):
        wa_id = raw.server.write_in_group(marina, raw.company, GROUP, text)
        event = raw.until("message", id=wa_id, text=text)
        assert (event["chat"], event["group"]) == (f"{GROUP}@g.us", True)


def test_status_and_newsletters_arrive_under_their_own_addresses(
    raw: RawClient, marina: Customer
) -> None:
    status = raw.server.post_status(marina, raw.company, "de folga")
    assert raw.until("message", id=status, text="de folga")["chat"] == "status@broadcast"
    news = raw.server.publish(raw.company, CHANNEL, "novo plano")
    assert raw.until("message", id=news)["chat"] == f"{CHANNEL}@newsletter"


def test_a_damaged_message_is_asked_for_and_comes_again(raw: RawClient, marina: Customer) -> None:
    marina.damage = 1
    wa_id = raw.server.write(marina, raw.company, "inteira")
    raw.until("undecryptable", id=wa_id)
    assert raw.until("message", id=wa_id, text="inteira")["retries"] == 1


def test_history_shared_by_the_phone_is_an_event(raw: RawClient, marina: Customer) -> None:
    history = HistorySync(syncType=HistorySync.INITIAL_BOOTSTRAP)
    history.conversations.add(ID=str(marina.lid_jid))
    raw.server.share_history(raw.company, history)
    assert raw.until("history")["chats"] == [str(marina.lid_jid)]


def test_ten_thousand_messages_wait_and_come_once(raw: RawClient) -> None:
    """Above its queue of 2,048 the library gives up the order, never a message."""
    customers = [raw.server.customer(f"55119920{n:05}", f"Cliente {n}") for n in range(20)]
    raw.server.wait(lambda: not raw.company.pending)
    raw.kill()
    for n in range(10_000):
        raw.server.write(customers[n % 20], raw.company, str(n))
    raw.start()
    raw.server.wait(lambda: not raw.company.pending, 120)
    texts = [event["text"] for event in raw.events if event["event"] == "message"]
    assert sorted(map(int, texts)) == list(range(10_000))
