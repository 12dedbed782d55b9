"""The desk's pages at full size, beside the bare SQL of one page of the list.

    DEBUG=1 DATABASE_URL=postgres://… .venv/bin/python bench/desk.py [conversations]

Works in a database of its own: twenty numbers, ten messages in each conversation, one in a hundred
waiting and two in a hundred in somebody's hands.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "painel.settings")

import django

django.setup()

from django.db import connection
from django.test import Client as Browser
from django.test.utils import setup_databases, teardown_databases

from accounts.factories import AgentFactory
from accounts.models import Agent
from bench.admin import bare, milliseconds
from whatsapp.factories import SessionFactory
from whatsapp.models import Conversation

CONVERSATIONS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
NUMBERS, AGENTS = 20, 100
BARE = (
    "SELECT * FROM whatsapp_conversation WHERE status = 'active'"
    " ORDER BY last_message_at DESC, id DESC LIMIT 51"
)
CONTACTS = """
    INSERT INTO whatsapp_contact (name, business_name, push_name, phone, created_at)
    SELECT '', '', 'Cliente ' || n, (5511900000000 + n)::text, now()
    FROM generate_series(1, %s) n"""
THREADS = """
    INSERT INTO whatsapp_conversation (session_id, contact_id, chat_jid, status, unread_count,
        assigned_to_id, last_message_at, waiting_since, created_at)
    SELECT (%s::bigint[])[1 + id %% 20], id, phone || '@s.whatsapp.net',
        CASE WHEN id %% 100 = 0 THEN 'pending' WHEN id %% 100 < 3 THEN 'active' ELSE 'closed' END,
        CASE WHEN id %% 200 = 0 THEN 2 ELSE 0 END,
        CASE WHEN id %% 100 > 0 THEN (%s::bigint[])[1 + id %% 100] END,
        now() - id * interval '1 minute',
        CASE WHEN id %% 100 = 0 THEN now() - id * interval '1 second' END, now()
    FROM whatsapp_contact"""
MESSAGES = """
    INSERT INTO whatsapp_message (session_id, conversation_id, direction, origin, kind, body, wa_id,
        delivery, at, error, attempt, created_at, seen_at, receipt_sent_at)
    SELECT c.session_id, c.id, 'in', 'customer', 'text', 'Bom dia', c.id || '-' || n, 'received',
        c.last_message_at - n * interval '1 minute', '', 0, now(), now(), now()
    FROM whatsapp_conversation c, generate_series(0, 9) n"""
LAST = """
    UPDATE whatsapp_conversation c SET last_message_id = m.id FROM whatsapp_message m
    WHERE m.conversation_id = c.id AND m.at = c.last_message_at"""


def fill() -> None:
    numbers = [one.pk for one in SessionFactory.create_batch(NUMBERS)]
    agents = [one.pk for one in AgentFactory.create_batch(AGENTS)]
    with connection.cursor() as cursor:
        cursor.execute(CONTACTS, [CONVERSATIONS])
        cursor.execute(THREADS, [numbers, agents])
        cursor.execute(MESSAGES)
        cursor.execute(LAST)
        cursor.execute("ANALYZE")


def pages() -> dict[str, str]:
    number = Conversation.objects.active().first()
    assert number is not None
    return {
        "Pendentes": "/atendimento/?aba=pendentes",
        "Ativos": "/atendimento/?aba=ativos",
        "Finalizados": "/atendimento/?aba=finalizados",
        "Ativos, minhas": "/atendimento/?aba=ativos&filtro=minhas",
        "Ativos, não lidas": "/atendimento/?aba=ativos&filtro=nao-lidas",
        "Finalizados, não lidas": "/atendimento/?aba=finalizados&filtro=nao-lidas",
        "Finalizados, one number": f"/atendimento/?aba=finalizados&numero={number.session_id}",
        "a conversation": f"/atendimento/c/{number.pk}/",
        "search, a name": "/atendimento/?aba=finalizados&q=Cliente+77",
        "search, a telephone": "/atendimento/?aba=finalizados&q=900077",
        "search, nothing found": "/atendimento/?aba=finalizados&q=ninguém",
    }


def main() -> None:
    fill()
    browser = Browser(SERVER_NAME="127.0.0.1")
    browser.force_login(Agent.objects.order_by("pk")[2])
    floor = milliseconds(lambda: bare(BARE))
    print(f"{CONVERSATIONS} conversations; bare SQL of one page: {floor:.1f} ms")
    for name, url in pages().items():
        assert browser.get(url).status_code == 200, url
        print(f"{name}: {milliseconds(lambda url=url: browser.get(url)):.0f} ms")  # type: ignore[misc]


if __name__ == "__main__":
    made = setup_databases(verbosity=0, interactive=False)
    try:
        main()
    finally:
        teardown_databases(made, verbosity=0)
