"""Arrivals in the spool to committed rows, beside a raw psycopg loop with a commit per message.

    DEBUG=1 DATABASE_URL=postgres://… .venv/bin/python bench/inbound.py [messages] [customers]

Works in a database of its own that it makes and drops. Prints rates and their ratios.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "painel.settings")

import django
import psycopg

django.setup()

from django.test.utils import setup_databases, teardown_databases

from live.listen import where
from whatsapp.gateway import codes
from whatsapp.models import Conversation, Message, Session
from whatsapp.tests import payloads
from whatsapp.worker import inbox
from whatsapp.worker.spool import Spool

MESSAGES = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
CUSTOMERS = int(sys.argv[2]) if len(sys.argv) > 2 else 50


def fill(spool: Spool, first: int) -> None:
    for n in range(MESSAGES):
        chat = f"3{(first + n % CUSTOMERS):014}@lid"
        payload = payloads.message(chat, f"mensagem {n}", wa_id=f"B{first}-{n}", name="Cliente")
        spool.append(codes.MESSAGE, payload)


def ours(session: Session, spool: Spool) -> float:
    begun = time.perf_counter()
    while inbox.drain(session, spool):
        pass
    return MESSAGES / (time.perf_counter() - begun)


def raw(session: Session) -> float:
    """The same three statements with psycopg, committed for each message."""
    ids = list(Conversation.objects.values_list("pk", flat=True)[:CUSTOMERS])
    with psycopg.connect(**where()) as pg:
        begun = time.perf_counter()
        for n in range(MESSAGES):
            conversation = ids[n % len(ids)]
            pg.execute(
                "INSERT INTO whatsapp_message (session_id, conversation_id, direction, kind,"
                " origin, body, wa_id, delivery, error, attempt, at, created_at) VALUES"
                " (%s, %s, 'in', 'text', 'customer', %s, %s, 'received', '', 0, now(), now())",
                [session.pk, conversation, f"mensagem {n}", f"R{n}"],
            )
            pg.execute(
                "UPDATE whatsapp_conversation SET unread_count = unread_count + 1,"
                " last_message_at = now() WHERE id = %s",
                [conversation],
            )
            pg.execute(
                "INSERT INTO live_change (kind, session_id, conversation_id, at)"
                " VALUES ('message_added', %s, %s, now())",
                [session.pk, conversation],
            )
            pg.commit()
        return MESSAGES / (time.perf_counter() - begun)


def main() -> None:
    old = setup_databases(verbosity=0, interactive=False)
    session = Session.objects.create(slug="bench", name="Bench")
    session.acquire("bench")
    with tempfile.TemporaryDirectory() as folder:
        spool = Spool(Path(folder) / "spool.sqlite3")
        fill(spool, 0)
        new_contacts = ours(session, spool)
        fill(spool, 10**6)
        Conversation.objects.update(unread_count=0)
        more_new = ours(session, spool)
        spool_known = Spool(Path(folder) / "known.sqlite3")
        for n in range(MESSAGES):
            chat = f"3{(n % CUSTOMERS):014}@lid"
            payload = payloads.message(chat, f"m {n}", wa_id=f"K{n}", name="Cliente")
            spool_known.append(codes.MESSAGE, payload)
        known = ours(session, spool_known)
        one_each = Spool(Path(folder) / "each.sqlite3")
        for n in range(MESSAGES):
            payload = payloads.message(f"4{n:014}@lid", "oi", wa_id=f"E{n}", name="Novo")
            one_each.append(codes.MESSAGE, payload)
        each_new = ours(session, one_each)
    loop = raw(session)
    print(f"{MESSAGES} messages, load average {os.getloadavg()[0]:.1f}")
    print(f"raw psycopg, commit per message   {loop:7.0f}/s   1.00")
    print(f"backlog, {CUSTOMERS} known customers      {known:7.0f}/s   {known / loop:.2f}")
    print(f"backlog, {CUSTOMERS} new customers        {more_new:7.0f}/s   {more_new / loop:.2f}")
    print(f"first run, cold                   {new_contacts:7.0f}/s   {new_contacts / loop:.2f}")
    print(f"backlog, each from a new customer {each_new:7.0f}/s   {each_new / known:.2f} of known")
    assert Message.objects.count() == 5 * MESSAGES
    teardown_databases(old, verbosity=0)


if __name__ == "__main__":
    main()
