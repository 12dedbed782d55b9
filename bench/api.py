"""The REST API's two lists at full size: requests a second and p99 beside the bare SQL of the same
page, over real connections to a real daphne.

    DEBUG=1 DATABASE_URL=postgres://… .venv/bin/python bench/api.py [conversations] [messages]

Works in a database of its own.
"""

from __future__ import annotations

import http.client
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "painel.settings")

import django

django.setup()

import psycopg
from django.db import connection
from django.test.utils import setup_databases, teardown_databases
from rest_framework_simplejwt.tokens import AccessToken

from accounts.factories import SupervisorFactory
from bench.web import start
from whatsapp.factories import SessionFactory
from whatsapp.models import Conversation, Message

CONVERSATIONS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
MESSAGES = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
PORT, CONNECTIONS, EACH = 8798, 8, 60
PHONE = "5511990000001"


def fill(session: int) -> None:
    with connection.cursor() as cursor:
        run = cursor.execute
        run(
            "INSERT INTO whatsapp_contact (name, business_name, push_name, phone, created_at)"
            " SELECT '', '', 'Cliente ' || n, (5511990000000 + n)::text, now()"
            " FROM generate_series(1, %s) n",
            [CONVERSATIONS],
        )
        run(
            "INSERT INTO whatsapp_contactaddress (contact_id, kind, value, key)"
            " SELECT id, 'phone', phone, phone FROM whatsapp_contact"
        )
        run(
            "INSERT INTO whatsapp_conversation (session_id, contact_id, chat_jid, status,"
            " unread_count, last_message_at, created_at)"
            " SELECT %s, id, phone || '@s.whatsapp.net', 'closed', 0,"
            " now() - id * interval '1 minute', now() FROM whatsapp_contact",
            [session],
        )
        run(
            "INSERT INTO whatsapp_message (session_id, conversation_id, direction, origin, kind,"
            " body, wa_id, delivery, at, error, attempt, created_at)"
            " SELECT %s, (SELECT min(id) FROM whatsapp_conversation), 'in', 'customer', 'text',"
            " 'Bom dia', 'B' || n, 'received', now() - n * interval '1 second', '', 0, now()"
            " FROM generate_series(1, %s) n",
            [session, MESSAGES],
        )
        run("ANALYZE")


def measure(name: str, make: Callable[[], Callable[[], None]]) -> float:
    """Run what *make* gives EACH times on each of CONNECTIONS threads; return its rate."""
    taken: list[float] = []

    def work() -> None:
        once = make()
        once()
        for _ in range(EACH):
            start = time.perf_counter()
            once()
            taken.append(time.perf_counter() - start)

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = len(taken) / (time.perf_counter() - start)
    p99 = sorted(taken)[int(len(taken) * 0.99)] * 1000
    print(f"{name:<34}{rate:8.0f}/s   p99 {p99:6.1f} ms")
    return rate


def over_http(path: str, token: str) -> Callable[[], Callable[[], None]]:
    def make() -> Callable[[], None]:
        wire = http.client.HTTPConnection("127.0.0.1", PORT)

        def once() -> None:
            wire.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            answer = wire.getresponse()
            assert answer.status == 200, answer.read()
            answer.read()

        return once

    return make


def bare(sql: str) -> Callable[[], Callable[[], None]]:
    names = ("dbname", "user", "password", "host", "port")
    values = connection.get_connection_params()
    options = {name: values[name] for name in names if values.get(name)}

    def make() -> Callable[[], None]:
        wire = psycopg.connect(autocommit=True, **options)

        def once() -> None:
            wire.execute(sql).fetchall()

        return once

    return make


def main() -> None:
    session = SessionFactory(slug="bench")
    fill(session.pk)
    token = str(AccessToken.for_user(SupervisorFactory()))
    web = start(PORT)
    try:
        busiest = Message.objects.values_list("conversation", flat=True)[0]
        lists = {
            "conversations": (
                "/api/whatsapp/bench/conversations",
                Conversation.objects.filter(session=session).for_list().newest_first()[:51],
            ),
            "messages": (
                f"/api/whatsapp/bench/messages/{PHONE}",
                Message.objects.filter(conversation=busiest).order_by("-at", "-pk")[:50],
            ),
        }
        for name, (path, query) in lists.items():
            with connection.cursor() as cursor:
                sql = cursor.mogrify(*query.query.sql_with_params())
            floor = measure(f"{name}, bare SQL", bare(sql))
            rate = measure(f"{name}, GET", over_http(path, token))
            print(f"{'':<34}{rate / floor:8.3f} of the bare SQL's rate")
    finally:
        web.terminate()
        web.wait()


if __name__ == "__main__":
    made = setup_databases(verbosity=0, interactive=False)
    try:
        main()
    finally:
        teardown_databases(made, verbosity=0)
