"""Who may not see a number gets none of its conversations, and keeps none."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client as Browser
from django.urls import reverse

from accounts import people, withdrawal
from accounts.factories import AgentFactory, SupervisorFactory
from accounts.models import AuditEntry, Role
from accounts.rights import NotAllowed
from live.models import Change, ChangeKind
from whatsapp.factories import ConversationFactory, SessionFactory
from whatsapp.models import (
    AttendanceEvent,
    Conversation,
    EventKind,
    Message,
    Outcome,
    Session,
    Status,
    set_agents,
    step_words,
)
from whatsapp.models.access import agents_who_see, colleagues
from whatsapp.models.begin import begin


@pytest.mark.django_db
@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize("role", [*Role.values, "superuser"])
@pytest.mark.parametrize("listed", ["nobody", "him", "another"])
def test_both_forms_of_who_sees_a_number_agree(role: str, listed: str, active: bool) -> None:
    kind: dict[str, Any] = {"is_superuser": True} if role == "superuser" else {"role": role}
    agent: Any = AgentFactory(is_active=active, **kind)
    number: Any = SessionFactory()
    number.agents.set({"nobody": [], "him": [agent], "another": [AgentFactory()]}[listed])
    conversation: Any = ConversationFactory(session=number)
    Conversation.objects.update(status=Status.ACTIVE, assigned_to=agent)
    sees = active and Session.objects.visible_to(agent).filter(pk=number.pk).exists()
    assert agents_who_see(number.pk).filter(pk=agent.pk).exists() == sees
    offered = {one.pk for one in colleagues(number.pk) if one.sees_number}  # type: ignore[attr-defined]
    assert (agent.pk in offered) == sees
    assert Conversation.objects.withdrawn().filter(pk=conversation.pk).exists() != sees


@pytest.fixture
def ana(db: None) -> Any:
    return AgentFactory(first_name="Ana")


@pytest.fixture
def bia(db: None) -> Any:
    return AgentFactory(first_name="Bia")


@pytest.fixture
def number(ana: Any) -> Any:
    number: Any = SessionFactory(name="Vendas Sul")
    number.agents.set([ana])
    return number


def test_only_who_sees_the_number_is_offered_and_accepted(
    ana: Any, bia: Any, number: Any, client: Browser
) -> None:
    conversation: Any = ConversationFactory(session=number)
    conversation.claim(ana)
    client.force_login(ana)
    page = " ".join(
        client.get(reverse("conversation", args=[conversation.pk])).content.decode().split()
    )
    assert f'value="{bia.pk}" disabled' in page
    assert "não atende este número" in page
    answer = client.post(reverse("transfer", args=[conversation.pk]), {"para": bia.pk})
    assert answer.status_code == 422
    assert "Bia Souza não atende este número." in answer.content.decode()
    with pytest.raises(NotAllowed, match="Bia Souza não atende este número"):
        conversation.transfer(ana, bia)
    number.agents.add(bia)
    bia.is_active = False
    bia.save()
    with pytest.raises(NotAllowed, match="Bia Souza não atende este número"):
        conversation.transfer(ana, bia)
    conversation.refresh_from_db()
    assert conversation.assigned_to == ana


@pytest.mark.parametrize("verb", ["claim", "reopen", "begin"])
def test_nobody_takes_what_he_cannot_see(bia: Any, number: Any, verb: str) -> None:
    conversation: Any = ConversationFactory(session=number)
    verbs: dict[str, Any] = {
        "claim": lambda: conversation.claim(bia),
        "reopen": lambda: conversation.reopen(bia),
        "begin": lambda: begin(number, "5511988887777", bia),
    }
    if verb == "reopen":
        conversation.finish(SupervisorFactory(), Outcome.SOLD)
    with pytest.raises(NotAllowed, match="número"):
        verbs[verb]()
    conversation.refresh_from_db()
    assert conversation.assigned_to is None


def test_a_deactivated_agents_work_returns_to_the_queue(ana: Any) -> None:
    held, finished = ConversationFactory(), ConversationFactory()
    for one in (held, finished):
        one.claim(ana)
    finished.finish(ana, Outcome.SOLD)
    ana.is_active = False
    ana.save()
    withdrawal.withdrawn(ana.pk)
    held.refresh_from_db()
    finished.refresh_from_db()
    assert (held.status, held.assigned_to) == (Status.PENDING, None)
    assert held.waiting_since is not None
    assert (finished.status, finished.assigned_to) == (Status.CLOSED, ana)
    event = AttendanceEvent.objects.get(kind=EventKind.RELEASED)
    assert (event.by, event.to) == (None, None)
    assert (event.data["reason"], event.data["from"]) == ("withdrawn", ana.pk)
    assert step_words.sentence(event).startswith("Ana Souza não atende mais este número")
    assert Message.objects.filter(event=event).exists()
    assert AuditEntry.objects.get(verb="conversation.released").old == "Ana Souza"


@pytest.mark.parametrize("door", ["change_role", "edit"])
def test_a_supervisor_no_more_keeps_nothing_of_hidden_numbers(
    number: Any, ana: Any, door: str
) -> None:
    chief, hidden = SupervisorFactory(), ConversationFactory(session=number)
    hidden.claim(chief)
    if door == "edit":
        people.edit(AgentFactory(role=Role.ADMIN), chief, Role.AGENT, {"first_name": "Bia"})
    else:
        people.change_role(AgentFactory(role=Role.ADMIN), chief, Role.AGENT)
    hidden.refresh_from_db()
    assert (hidden.status, hidden.assigned_to) == (Status.PENDING, None)


def test_who_keeps_the_right_keeps_the_work(ana: Any, bia: Any, number: Any) -> None:
    conversation: Any = ConversationFactory(session=number)
    conversation.claim(ana)
    withdrawal.withdrawn(ana.pk)
    set_agents(number, SupervisorFactory(), [ana, bia])
    set_agents(number, SupervisorFactory(), [])
    conversation.refresh_from_db()
    assert conversation.assigned_to == ana
    with pytest.raises(NotAllowed):
        set_agents(number, ana, [ana])


def test_a_narrowed_number_returns_what_others_held(
    ana: Any, bia: Any, number: Any, client: Browser
) -> None:
    conversation: Any = ConversationFactory(session=number)
    conversation.claim(ana)
    other: Any = ConversationFactory()
    other.claim(ana)
    Change.objects.all().delete()
    client.force_login(SupervisorFactory())
    page = f"/admin/whatsapp/session/{number.pk}/change/"
    sent = {"name": "Vendas Sul", "agents": [bia.pk], "initial-agents": [ana.pk]}
    assert client.post(page, sent).status_code == 302
    for one in (conversation, other):
        one.refresh_from_db()
    assert (conversation.status, conversation.assigned_to) == (Status.PENDING, None)
    assert other.assigned_to == ana
    kinds = set(Change.objects.values_list("kind", flat=True))
    assert {ChangeKind.SESSION_CHANGED, ChangeKind.CONVERSATION_CHANGED} <= kinds
    entry = AuditEntry.objects.get(verb="number.agents")
    assert (entry.old, entry.new) == ("Ana Souza", "Bia Souza")
    client.force_login(ana)
    assert client.get(reverse("conversation", args=[conversation.pk])).status_code == 404


def _page_of(number: Any, *shown: Any) -> dict[str, Any]:
    """What a browser sends back of the number's page in the admin, untouched."""
    ids = [agent.pk for agent in shown]
    name = {"name": number.name, "initial-name": number.name}
    return name | {"agents": ids, "initial-agents": ids}


def test_a_page_that_is_old_gives_nobody_back_what_was_taken_from_him(
    ana: Any, bia: Any, number: Any, client: Browser
) -> None:
    boss = SupervisorFactory()
    client.force_login(boss)
    set_agents(number, boss, [ana, bia])
    page = f"/admin/whatsapp/session/{number.pk}/change/"
    shown = client.get(page).content.decode()
    assert f'name="initial-agents" value="{ana.pk}"' in shown
    old = _page_of(number, ana, bia)
    set_agents(number, boss, [bia])
    assert client.post(page, old | {"name": "Vendas Norte"}).status_code == 302
    number.refresh_from_db()
    assert (number.name, list(number.agents.all())) == ("Vendas Norte", [bia])


def test_two_who_change_the_same_list_are_told(
    ana: Any, bia: Any, number: Any, client: Browser
) -> None:
    boss, carla = SupervisorFactory(), AgentFactory()
    client.force_login(boss)
    set_agents(number, boss, [ana, bia])
    page = f"/admin/whatsapp/session/{number.pk}/change/"
    old = _page_of(number, ana, bia) | {"agents": [ana.pk, bia.pk, carla.pk]}
    set_agents(number, boss, [bia])
    renamed = {"initial-name": "Outro de antes", "name": "Outro"}
    both = client.post(page, old | renamed)
    assert list(both.context["adminform"].form.errors) == ["name", "agents"]
    answer = client.post(page, old)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "Outra pessoa mudou este campo para Bia Souza." in text
    assert f'name="initial-agents" value="{bia.pk}"' in text
    assert f'name="initial-agents" value="{ana.pk}"' not in text
    assert list(number.agents.all()) == [bia]
    again = old | {"initial-agents": [bia.pk]}
    assert client.post(page, again).status_code == 302
    assert set(number.agents.all()) == {ana, bia, carla}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["transfer", "narrow"])
def test_a_right_withdrawn_in_the_middle_of_a_transfer_leaves_nothing_behind(first: str) -> None:
    """The first is done and not yet committed when the second begins."""
    boss, ana, bia = SupervisorFactory(), AgentFactory(), AgentFactory()
    number: Any = SessionFactory()
    number.agents.set([ana, bia])
    conversation: Any = ConversationFactory(session=number)
    conversation.claim(ana)
    verbs = {
        "transfer": lambda: Conversation.objects.get().transfer(ana, bia),
        "narrow": lambda: set_agents(number, boss, [ana]),
    }
    second = verbs[{"transfer": "narrow", "narrow": "transfer"}[first]]
    begun = threading.Event()

    def late() -> None:
        begun.set()
        with suppress(NotAllowed):
            second()
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            verbs[first]()
            waiting = pool.submit(late)
            begun.wait(5)
            time.sleep(0.3)
        waiting.result(10)
    conversation.refresh_from_db()
    assert conversation.assigned_to in (None, ana)
    assert not Conversation.objects.withdrawn().exists()
