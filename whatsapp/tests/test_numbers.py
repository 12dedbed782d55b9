from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.audit_words import words_of
from accounts.factories import AgentFactory, SupervisorFactory
from accounts.models import AuditEntry
from accounts.rights import NotAllowed
from api.tests.conftest import as_agent as as_agent
from whatsapp.factories import ConversationFactory, OutgoingMessageFactory, SessionFactory
from whatsapp.models import (
    Delivery,
    Session,
    State,
    Wanted,
    create_number,
    remove_number,
    rename_number,
)
from whatsapp.models.state import WORDS

pytestmark = pytest.mark.django_db


@pytest.fixture
def supervising(client: Browser) -> Browser:
    client.force_login(SupervisorFactory())
    return client


def test_agents_do_not_know_the_page(client: Browser) -> None:
    client.force_login(AgentFactory())
    assert client.get(reverse("numbers")).status_code == 403


def test_what_one_agent_sees_is_what_many_see(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    ana, bruno, supervisor = AgentFactory(), AgentFactory(), SupervisorFactory()
    for agents in ([], [ana], [bruno], [ana, bruno]):
        SessionFactory().agents.set(agents)
    with django_assert_num_queries(1):
        seen = Session.objects.visible_by_agent([ana, bruno, supervisor])
    for agent in (ana, bruno, supervisor):
        alone = Session.objects.visible_to(agent).values_list("pk", flat=True)
        assert seen[agent.pk] == set(alone)
    assert len(seen[ana.pk]) == 3


def test_every_state_has_a_sentence() -> None:
    assert set(WORDS) == set(State)


def test_a_number_is_added_once(supervising: Browser) -> None:
    url = reverse("number_add")
    assert supervising.post(url, {"name": "Vendas SP"}).status_code == 302
    again = supervising.post(url, {"name": "Vendas SP"})
    assert again.status_code == 422
    assert "Já existe um número com este apelido." in again.content.decode()
    assert Session.objects.get().slug == "vendas-sp"


def test_pairing_shows_a_qr_without_inline_style(supervising: Browser) -> None:
    number = SessionFactory(state=State.NEW, wanted=Wanted.OFF)
    supervising.post(reverse("number_pair", args=[number.pk]))
    number.refresh_from_db()
    assert number.wanted == Wanted.PAIR
    number.show_qr("https://wa.me/settings/linked_devices#2@abc,x,y,z,6", 20)
    panel = supervising.get(reverse("pairing"), {"numero": number.pk}).content.decode()
    assert 'class="qr__img"' in panel
    assert "style=" not in panel
    assert 'data-left="20"' in panel
    card = supervising.get(reverse("number_card", args=[number.pk])).content.decode()
    assert "Aguardando leitura do QR" in card
    number.want(Wanted.ON)
    number.enter(State.ONLINE)
    panel = supervising.get(reverse("pairing"), {"numero": number.pk}).content.decode()
    assert "Conectado" in panel
    assert "every 2s" not in panel


def test_a_number_with_history_is_not_removed(supervising: Browser) -> None:
    conversation = ConversationFactory()
    url = reverse("number_remove", args=[conversation.session_id])
    assert supervising.post(url).status_code == 409
    empty = SessionFactory(lease_until=None)
    assert supervising.post(reverse("number_remove", args=[empty.pk])).status_code == 200
    assert not Session.objects.filter(pk=empty.pk).exists()


def _trail() -> list[tuple[str, str, str, str]]:
    entries = AuditEntry.objects.filter(kind="number").order_by("pk")
    return [(entry.door, entry.verb, entry.old, entry.new) for entry in entries]


def test_what_people_do_to_a_number_stands_in_the_audit(supervising: Browser) -> None:
    supervising.post(reverse("number_add"), {"name": "Vendas SP"})
    number = Session.objects.get()
    for step in ("number_pair", "number_on", "number_off", "number_logout", "number_remove"):
        assert supervising.post(reverse(step, args=[number.pk])).status_code == 200
    assert _trail() == [
        ("page", "number.created", "", "Vendas SP"),
        ("page", "number.paired", "", ""),
        ("page", "number.connected", "", ""),
        ("page", "number.stopped", "", ""),
        ("page", "number.unlinked", "", ""),
        ("page", "number.removed", "Vendas SP", ""),
    ]
    assert all(words_of(verb) != verb for _, verb, _, _ in _trail())
    entry = AuditEntry.objects.filter(verb="number.unlinked").get()
    assert (entry.object_id, entry.label, entry.actor_name) == (
        number.pk,
        "Vendas SP",
        str(entry.actor),
    )


def test_what_programs_do_to_a_number_stands_in_the_audit(as_agent: Any) -> None:
    caller = as_agent(SupervisorFactory())
    for act in ("initialize", "initialize", "logout"):
        caller.post(f"/api/whatsapp/filial-2/{act}")
    assert _trail() == [
        ("api", "number.created", "", "filial-2"),
        ("api", "number.paired", "", ""),
        ("api", "number.unlinked", "", ""),
    ]


def test_the_steps_of_the_worker_are_no_entry() -> None:
    SessionFactory(wanted=Wanted.PAIR).want(Wanted.ON)
    assert _trail() == []


def test_the_verbs_of_a_number_refuse_agents() -> None:
    ana, number = AgentFactory(), SessionFactory(wanted=Wanted.OFF)
    for verb in (
        lambda: number.want(Wanted.LOGOUT, ana),
        lambda: number.begin(ana),
        lambda: create_number(ana, "outro", "Outro"),
        lambda: rename_number(number, ana, "Outro"),
        lambda: remove_number(number, ana),
    ):
        with pytest.raises(NotAllowed, match="Só a supervisão"):
            verb()
    known = Session.objects.get()
    assert (known.wanted, known.name) == (Wanted.OFF, number.name)
    assert _trail() == []


def test_a_rename_in_the_admin_stands_in_the_audit(supervising: Browser) -> None:
    number = SessionFactory(name="Vendas")
    page = f"/admin/whatsapp/session/{number.pk}/change/"
    sent = {"name": "Vendas Sul", "initial-name": "Vendas"}
    assert supervising.post(page, sent).status_code == 302
    assert supervising.post(page, sent | {"initial-name": "Vendas Sul"}).status_code == 302
    assert _trail() == [("admin", "number.name", "Vendas", "Vendas Sul")]


def test_a_dead_worker_is_not_believed() -> None:
    number = SessionFactory(lease_until=None)
    assert number.shown_state == State.STOPPED
    assert number.needs_a_hand


def test_command_says_who_needs_a_hand(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    fine = SessionFactory()
    OutgoingMessageFactory(conversation__session=fine, delivery=Delivery.QUEUED)
    out = StringIO()
    with django_assert_num_queries(2):
        call_command("numeros", stdout=out)
    assert "Conectado" in out.getvalue()
    lost = SessionFactory(state=State.LOGGED_OUT)
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("numeros", "--json", stdout=out)
    assert ended.value.code == 1
    told = json.loads(out.getvalue())["numeros"]
    hands = {number["nome"]: number["precisa_de_alguem"] for number in told}
    assert hands == {fine.name: False, lost.name: True}
