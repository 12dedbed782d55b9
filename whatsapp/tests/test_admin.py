from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.factories import AgentFactory, SupervisorFactory
from accounts.models import Agent, AuditEntry, Role
from accounts.models.audit import VIEWED
from live.models import Change, ChangeKind
from whatsapp.factories import ClientFactory, ContactFactory, ConversationFactory, SessionFactory
from whatsapp.gateway import codes
from whatsapp.models import (
    Arrival,
    ArrivalState,
    AttendanceEvent,
    Conversation,
    Message,
    Outcome,
    Status,
)
from whatsapp.tests import payloads
from whatsapp.tests.conftest import LID

pytestmark = pytest.mark.django_db


@pytest.fixture
def supervisor(client: Browser) -> Agent:
    agent: Agent = SupervisorFactory()
    client.force_login(agent)
    return agent


@pytest.mark.parametrize(
    "page",
    [
        "whatsapp/session",
        "whatsapp/conversation",
        "whatsapp/contact",
        "whatsapp/attendance",
        "whatsapp/message",
        "whatsapp/arrival",
        "clients/client",
        "accounts/agent",
    ],
)
def test_lists_cost_the_same_for_one_row_and_thirty(
    supervisor: Agent, client: Browser, page: str
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(f"/admin/{page}/").status_code == 200
        return len(queries)

    ConversationFactory()
    cost()
    few = cost()
    ConversationFactory.create_batch(30)
    assert cost() == few


def test_journal_is_read_only(supervisor: Agent, client: Browser) -> None:
    message = ConversationFactory().last_message
    page = f"/admin/whatsapp/message/{message.pk}/change/"
    assert client.get(page).status_code == 200
    assert client.post(page, {"body": "outra"}).status_code == 403
    assert client.get("/admin/whatsapp/message/add/").status_code == 403


def test_reading_a_message_is_reading_its_conversation(supervisor: Agent, client: Browser) -> None:
    conversation = ConversationFactory()
    client.get("/admin/whatsapp/message/")
    assert not AuditEntry.objects.exists()
    for _ in range(2):
        client.get(f"/admin/whatsapp/message/{conversation.last_message.pk}/change/")
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.door, entry.actor) == (VIEWED, "admin", supervisor)
    assert entry.conversation_id == conversation.pk
    assert entry.label == conversation.contact.display_name


@pytest.mark.parametrize("kind", ["session", "contact"])
def test_not_even_a_superuser_deletes_past_the_verbs(client: Browser, kind: str) -> None:
    client.force_login(AgentFactory(role=Role.ADMIN, is_superuser=True))
    row: Any = SessionFactory() if kind == "session" else ContactFactory()
    page = f"/admin/whatsapp/{kind}/"
    assert client.post(f"{page}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert "delete_selected" not in client.get(page).content.decode()
    action = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    client.post(page, action)
    assert type(row).objects.filter(pk=row.pk).exists()


def _act(client: Browser, conversation: Any, action: str, **more: Any) -> str:
    data = {"action": action, "_selected_action": [conversation.pk], **more}
    answer = client.post("/admin/whatsapp/conversation/", data, follow=True)
    conversation.refresh_from_db()
    return str(answer.content.decode())


def test_a_conversation_is_moved_by_verbs_alone(supervisor: Agent, client: Browser) -> None:
    ana, conversation = AgentFactory(first_name="Ana"), ConversationFactory()
    conversation.claim(ana)
    page = f"/admin/whatsapp/conversation/{conversation.pk}/change/"
    assert client.get(page).status_code == 200
    assert client.post(page, {"status": Status.CLOSED}).status_code == 403
    Change.objects.all().delete()
    _act(client, conversation, "claim")
    assert conversation.assigned_to == supervisor
    _act(client, conversation, "release")
    assert (conversation.status, conversation.assigned_to) == (Status.PENDING, None)
    assert "Escolha o motivo" in _act(client, conversation, "finish")
    assert "Feito em 1 conversa" in _act(client, conversation, "finish", motivo=Outcome.SOLD)
    assert conversation.status == Status.CLOSED
    again = _act(client, conversation, "finish", motivo=Outcome.SOLD)
    assert "Esta conversa já foi finalizada." in again
    _act(client, conversation, "reopen")
    assert (conversation.status, conversation.assigned_to) == (Status.ACTIVE, supervisor)
    kinds = AttendanceEvent.objects.values_list("kind", flat=True)
    assert list(kinds) == ["claimed", "taken_over", "released", "finished", "reopened"]
    told = Change.objects.filter(
        kind=ChangeKind.CONVERSATION_CHANGED, conversation_id=conversation.pk
    )
    assert told.count() == 4


def test_what_an_earlier_fault_left_open_does_not_stop_reopening(client: Browser) -> None:
    ana, conversation = AgentFactory(), ConversationFactory()
    Conversation.objects.filter(pk=conversation.pk).update(status=Status.CLOSED)
    client.force_login(ana)
    assert client.post(reverse("reopen", args=[conversation.pk])).status_code == 200
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assigned_to) == (Status.ACTIVE, ana)
    assert conversation.attendances.filter(finished_at=None).get().agent == ana


def test_a_contact_is_tied_by_the_verb_and_open_pages_hear(
    supervisor: Agent, client: Browser
) -> None:
    conversation, customer = ConversationFactory(contact__client=None), ClientFactory()
    contact = conversation.contact
    Change.objects.all().delete()
    page = f"/admin/whatsapp/contact/{contact.pk}/change/"
    assert client.post(page, {"name": "Marina", "client": customer.pk}).status_code == 302
    contact.refresh_from_db()
    assert (contact.name, contact.client) == ("Marina", customer)
    assert customer.phones.get().number == contact.phone
    kinds = set(Change.objects.values_list("kind", flat=True))
    assert {ChangeKind.CLIENT_CHANGED, ChangeKind.CONVERSATION_CHANGED} <= kinds
    shown = {"initial-name": "Marina", "initial-client": customer.pk}
    assert client.post(page, shown | {"name": "Marina", "client": ""}).status_code == 302
    contact.refresh_from_db()
    assert contact.client is None


def test_the_steps_of_an_attendance_are_read_in_the_admin(
    supervisor: Agent, client: Browser
) -> None:
    ana, conversation = AgentFactory(first_name="Ana"), ConversationFactory()
    conversation.claim(ana)
    page = f"/admin/whatsapp/attendance/{conversation.open_attendance.pk}/change/"
    shown = client.get(page).content.decode()
    assert "Ana Souza assumiu o atendimento" in shown
    assert client.post(page, {}).status_code == 403


def test_failed_arrival_is_run_again(supervisor: Agent, client: Browser) -> None:
    arrival = Arrival.objects.create(
        session=SessionFactory(),
        spool=uuid4(),
        seq=1,
        code=codes.MESSAGE,
        payload=payloads.message(LID, "enfim"),
        state=ArrivalState.FAILED,
        error="x",
    )
    data = {"action": "run_again", "_selected_action": [arrival.pk]}
    page = client.post("/admin/whatsapp/arrival/", data, follow=True).content.decode()
    assert "foi tratada" in page
    assert Message.objects.filter(body="enfim").exists()


def test_agents_do_not_enter_the_admin(client: Browser) -> None:
    client.force_login(AgentFactory())
    assert client.get("/admin/").status_code == 302


def test_the_role_decides_the_permissions(db: None) -> None:
    agent = AgentFactory()
    agent.role = Role.SUPERVISOR
    agent.save()
    known = Agent.objects.get(pk=agent.pk)
    assert known.is_staff
    assert known.has_perm("whatsapp.change_session")
    assert not known.has_perm("api.change_webhook")


def test_first_superuser_is_an_admin(db: None) -> None:
    assert Agent.objects.create_superuser("chefe", password="x").role == Role.ADMIN
