"""The admin's lists over a million rows: milliseconds for each page beside the bare SQL of a page.

    DEBUG=1 DATABASE_URL=postgres://… .venv/bin/python bench/admin.py [rows]

Works in a database of its own.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "painel.settings")

import django

django.setup()

from django.db import connection
from django.test import Client as Browser
from django.test.utils import setup_databases, teardown_databases

from accounts.factories import SupervisorFactory
from whatsapp.factories import ConversationFactory

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
BARE = "SELECT * FROM whatsapp_message ORDER BY id DESC LIMIT 50"
PAGES = {
    "messages, first page": "/admin/whatsapp/message/",
    "messages, page 100": "/admin/whatsapp/message/?p=100",
    "messages, by WhatsApp id": "/admin/whatsapp/message/?q=BENCH500",
    "arrivals, first page": "/admin/whatsapp/arrival/",
    "arrivals, failed ones": "/admin/whatsapp/arrival/?state__exact=failed",
    "conversations": "/admin/whatsapp/conversation/",
}


def fill() -> None:
    first = ConversationFactory()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO whatsapp_arrival (session_id, spool, seq, code, payload, received_at,"
            " state, error) SELECT %s, gen_random_uuid(), n, 17, '', now(), 'done', ''"
            " FROM generate_series(1, %s) n",
            [first.session_id, ROWS],
        )
        cursor.execute(
            "INSERT INTO whatsapp_message (session_id, conversation_id, direction, origin, kind,"
            " body, wa_id, delivery, at, error, attempt, created_at)"
            " SELECT %s, %s, 'in', 'customer', 'text', 'oi', 'BENCH' || n, 'received',"
            " now() - n * interval '1 second', '', 0, now() FROM generate_series(1, %s) n",
            [first.session_id, first.pk, ROWS],
        )
        cursor.execute("ANALYZE")


def milliseconds(work: Callable[[], object]) -> float:
    """The median of five, after one to warm up."""
    work()
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    return sorted(taken)[2]


def bare(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        cursor.fetchall()


def main() -> None:
    fill()
    browser = Browser(SERVER_NAME="127.0.0.1")
    browser.force_login(SupervisorFactory())
    floor = milliseconds(lambda: bare(BARE))
    print(f"bare SQL of one page: {floor:.1f} ms")
    for name, url in PAGES.items():
        assert browser.get(url).status_code == 200, url
        spent = milliseconds(lambda url=url: browser.get(url))  # type: ignore[misc]
        print(f"{name}: {spent:.0f} ms")


if __name__ == "__main__":
    made = setup_databases(verbosity=0, interactive=False)
    try:
        main()
    finally:
        teardown_databases(made, verbosity=0)
