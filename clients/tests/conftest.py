from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser

from accounts.factories import AgentFactory
from accounts.models import Agent, AuditEntry
from api.tests.conftest import as_agent as as_agent
from clients.models import Client
from live.models import Change, ChangeKind
from whatsapp.factories import ConversationFactory
from whatsapp.models import Conversation


@pytest.fixture
def ana() -> Agent:
    agent: Agent = AgentFactory(first_name="Ana", last_name="Lima")
    return agent


@pytest.fixture
def bruno() -> Agent:
    agent: Agent = AgentFactory(first_name="Bruno", last_name="Reis")
    return agent


def trail(client: Client) -> list[tuple[str, str, str]]:
    entries = AuditEntry.objects.filter(client_id=client.pk).order_by("pk")
    return [(entry.verb, entry.old, entry.new) for entry in entries]


def told_of(client: Client) -> int:
    return Change.objects.filter(kind=ChangeKind.CLIENT_CHANGED, subject_id=client.pk).count()


def card_of(client: Client) -> Conversation:
    made: Conversation = ConversationFactory(contact__client=client)
    return made


def admin_form(browser: Browser, url: str) -> dict[str, Any]:
    """What a browser would send back of the admin's page without touching it."""
    page = browser.get(url).context["adminform"].form
    sent: dict[str, Any] = {}
    for field in page:
        value = field.value()
        sent[field.html_name] = "" if value is None else value
        if field.field.show_hidden_initial:
            sent[field.html_initial_name] = sent[field.html_name]
    return sent | {
        "phones-TOTAL_FORMS": 0,
        "phones-INITIAL_FORMS": 0,
    }
