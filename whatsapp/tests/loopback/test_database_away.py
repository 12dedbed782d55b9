from __future__ import annotations

import os
import time

import pytest
from django.db import connection

from painel.embedded import Embedded
from whatsapp.models import Delivery, Message, State
from whatsapp.tests.loopback.conftest import House

pytestmark = pytest.mark.loopback

AWAY_SECONDS = float(os.environ.get("DATABASE_AWAY_SECONDS", "60"))


@pytest.mark.timeout(300)
def test_a_minute_without_postgresql_loses_nothing(
    paired: House, database_server: Embedded
) -> None:
    customers = [paired.customer(f"Cliente {n}", f"55119910{n:05}") for n in range(10)]
    sent = []
    for n in range(40):
        sent.append(paired.server.write(customers[n % 10], paired.company, f"antes {n}"))
    paired.until_message("antes 5").conversation.write(None, "resposta", "key")

    database_server.stop()
    connection.close()
    begun, n = time.monotonic(), 0
    while time.monotonic() - begun < AWAY_SECONDS:
        sent.append(paired.server.write(customers[n % 10], paired.company, f"durante {n}"))
        n += 1
        time.sleep(0.2)
    database_server.start()

    paired.until_state(State.ONLINE, 90)
    paired.until(lambda: Message.objects.filter(wa_id__in=sent).count() == len(sent), 60)
    waiting = [Delivery.QUEUED, Delivery.SENDING]
    paired.until(lambda: not Message.objects.filter(delivery__in=waiting).exists(), 30)
    unread = paired.session.conversations.values_list("unread_count", flat=True)
    assert sum(unread) == len(sent)
    assert max([0, *(max(one.received.values(), default=0) for one in customers)]) <= 1
