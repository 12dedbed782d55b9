from __future__ import annotations

import os
import signal
import time

import pytest

from loopback.phones import Customer
from whatsapp.models import Delivery, Direction, Message, Session, State
from whatsapp.tests.loopback.conftest import House

pytestmark = pytest.mark.loopback


def _kill_number(house: House) -> None:
    """Kill the process that has the socket, and wait until another one has it."""
    logins = house.company.logins
    os.kill(house.number_process(), signal.SIGKILL)
    house.until(lambda: house.company.logins > logins, 40)
    house.until(lambda: house.company.number in house.server.links, 40)


def _customers(house: House, count: int) -> list[Customer]:
    return [house.customer(f"Cliente {n}", f"55119910{n:05}") for n in range(count)]


def test_burst_of_a_thousand_is_there_once_in_order(paired: House) -> None:
    customers = _customers(paired, 50)
    for n in range(1000):
        paired.server.write(customers[n % 50], paired.company, f"{n}")
    paired.until(lambda: Message.objects.count() >= 1000, 60)
    for conversation in paired.session.conversations.all():
        numbers = [int(m.body) for m in conversation.messages.order_by("at", "pk")]
        assert numbers == sorted(numbers)
        assert conversation.unread_count == len(numbers) == 20


@pytest.mark.timeout(300)
def test_ten_kills_in_mid_burst_lose_nothing_that_was_settled(paired: House) -> None:
    customers = _customers(paired, 20)
    written = 0
    for _ in range(10):
        for _ in range(60):
            paired.server.write(customers[written % 20], paired.company, f"{written}")
            written += 1
        time.sleep(0.15)
        _kill_number(paired)
    paired.until(lambda: not paired.company.pending, 60)
    time.sleep(2)
    kept = set(Message.objects.values_list("wa_id", flat=True))
    settled = set(paired.company.settled)
    ours = {bubble.wa_id for customer in customers for bubble in customer.thread}
    lost = (settled & ours) - kept
    print(f"{written} written, {len(settled & ours)} settled, {len(kept)} kept, {len(lost)} lost")
    # A message already decrypted when the process died is settled by the library's next login
    # without ever being shown: at most one or two for each kill, and none that we were given.
    assert len(lost) <= 20
    assert len(kept) == Message.objects.count()


@pytest.mark.timeout(300)
def test_ten_kills_in_mid_send_send_nothing_twice(paired: House) -> None:
    marina = paired.customer()
    paired.server.write(marina, paired.company, "oi")
    conversation = paired.until_message("oi").conversation
    for n in range(10):
        for k in range(5):
            conversation.write(None, f"resposta {n}-{k}", f"key-{n}-{k}")
        second = Message.objects.filter(body=f"resposta {n}-1").exclude(delivery=Delivery.QUEUED)
        paired.until(second.exists)
        _kill_number(paired)
    out = Message.objects.filter(direction=Direction.OUT)
    waiting = out.filter(delivery__in=[Delivery.QUEUED, Delivery.SENDING])
    paired.until(lambda: not waiting.exists(), 60)
    time.sleep(1)
    texts = [bubble.text for bubble in marina.inbox()]
    assert len(texts) == len(set(texts))
    assert max(marina.received.values()) == 1
    arrived = set(texts)
    for message in out:
        if message.delivery in (Delivery.SENT, Delivery.DELIVERED, Delivery.READ):
            assert message.body in arrived
        else:
            assert message.delivery == Delivery.UNCERTAIN


def test_a_second_worker_waits_and_takes_over(paired: House) -> None:
    first = paired.workers[-1]
    paired.start()
    time.sleep(2)
    assert paired.company.logins == 2
    owner = Session.objects.get().lease_owner
    os.kill(paired_child := _child_of(first.pid), signal.SIGSTOP)
    os.kill(first.pid, signal.SIGKILL)
    os.kill(paired_child, signal.SIGKILL)
    begun = time.monotonic()
    paired.until(lambda: Session.objects.get().lease_owner not in ("", owner), 15)
    assert time.monotonic() - begun < 10
    paired.until_state(State.ONLINE)
    paired.server.write(paired.customer(), paired.company, "segundo")
    paired.until_message("segundo")


def _child_of(pid: int) -> int:
    from pathlib import Path

    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
