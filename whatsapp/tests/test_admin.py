from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client as Browser

from accounts.factories import AgentFactory, SupervisorFactory
from accounts.models import Agent, Role
from whatsapp.factories import ConversationFactory, SessionFactory
from whatsapp.gateway import codes
from whatsapp.models import Arrival, ArrivalState, Message
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
