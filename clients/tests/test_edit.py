"""The verbs of a client: what is written down, who is told, and edits that meet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from accounts.audit_words import words_of
from accounts.factories import AgentFactory
from accounts.models import Agent
from clients.factories import ClientFactory
from clients.models import Client, EditConflict, SalesStage
from clients.models.conflict import EDITABLE
from clients.tests.conftest import told_of, trail
from live.models import Change
from whatsapp.factories import ConversationFactory
from whatsapp.models import Conversation

pytestmark = pytest.mark.django_db

JSON = "application/json"


def test_each_changed_field_is_written_down_as_people_read_it(ana: Agent, bruno: Agent) -> None:
    client: Client = ClientFactory(name="Padaria", email="a@sol.test")
    changed = client.edit(
        ana,
        {
            "name": " Padaria  Sol",
            "cnpj": "12abc34501de35",
            "email": "a@sol.test",
            "company_type": "sa",
            "has_debt": False,
            "status": "active",
            "responsible": bruno,
        },
    )
    assert "email" not in changed
    assert trail(client) == [
        ("client.name", "Padaria", "Padaria Sol"),
        ("client.cnpj", "", "12.ABC.345/01DE-35"),
        ("client.company_type", "", "S.A."),
        ("client.has_debt", "A consultar", "Não"),
        ("client.status", "Prospecto", "Cliente ativo"),
        ("client.responsible", "", "Bruno Reis"),
    ]
    assert told_of(client) == 1
    client.refresh_from_db()
    assert (client.version, client.cnpj) == (2, "12ABC34501DE35")


@pytest.mark.parametrize("done", [*EDITABLE, "phones", "created", "deleted"])
def test_the_audit_has_words_for_all_that_is_done_to_a_client(done: str) -> None:
    assert words_of(f"client.{done}") != f"client.{done}"


def test_saving_what_stands_there_changes_nothing(ana: Agent) -> None:
    client: Client = ClientFactory(name="Padaria Sol", cnpj="11222333000181")
    values = {"name": "Padaria Sol ", "cnpj": "11.222.333/0001-81", "email": ""}
    assert client.edit(ana, values) == []
    assert (trail(client), told_of(client), client.version) == ([], 0, 1)


def test_a_stage_keeps_its_date_and_tells_once(ana: Agent) -> None:
    client: Client = ClientFactory()
    assert client.move_to_stage(ana, SalesStage.PROPOSAL)
    since = client.stage_since
    assert not client.move_to_stage(ana, SalesStage.PROPOSAL)
    assert client.stage_since == since
    assert trail(client) == [("client.sales_stage", "Novo lead", "Proposta")]
    assert told_of(client) == 1


@pytest.mark.parametrize(
    ("values", "field", "why"),
    [
        ({"name": " "}, "name", "Escreva um nome"),
        ({"cnpj": "123"}, "cnpj", "14 caracteres"),
        ({"cnpj": "11222333000181"}, "cnpj", "Já existe um cliente com este CNPJ"),
        ({"email": "nada"}, "email", "email"),
        ({"status": "x"}, "status", "x"),
    ],
)
def test_wrong_values_are_refused_by_field(
    ana: Agent, values: dict[str, Any], field: str, why: str
) -> None:
    ClientFactory(cnpj="11222333000181")
    client: Client = ClientFactory()
    for verb in (lambda: client.edit(ana, values), lambda: _made(ana, values)):
        with pytest.raises(ValidationError) as error:
            verb()
        assert why in error.value.message_dict[field][0]
    assert (Client.objects.count(), trail(client)) == (2, [])


def _made(ana: Agent, values: dict[str, Any]) -> Client:
    return Client.objects.create_by(ana, {"name": "Nova", **values})


def test_only_an_active_person_becomes_responsible(ana: Agent, bruno: Agent) -> None:
    client: Client = ClientFactory(responsible=bruno)
    Agent.objects.filter(pk=bruno.pk).update(is_active=False)
    bruno.refresh_from_db()
    assert client.edit(ana, {"responsible": bruno, "name": "Sol"}) == ["name"]
    with pytest.raises(ValidationError, match="pessoa ativa"):
        ClientFactory().edit(ana, {"responsible": bruno})


def test_nobody_overwrites_what_he_has_not_seen(ana: Agent, bruno: Agent) -> None:
    client: Client = ClientFactory(email="velho@sol.test")
    for_ana, for_bruno = (Client.objects.get(pk=client.pk) for _ in range(2))
    seen = {"email": "velho@sol.test"}
    for_bruno.edit(bruno, {"email": "bruno@sol.test"}, seen)
    with pytest.raises(EditConflict, match="Bruno Reis mudou este campo") as met:
        for_ana.edit(ana, {"email": "ana@sol.test"}, seen)
    conflict = met.value
    assert (conflict.field, conflict.current, conflict.who) == (
        "email",
        "bruno@sol.test",
        "Bruno Reis",
    )
    client.refresh_from_db()
    assert client.email == "bruno@sol.test"
    for_ana.edit(ana, {"email": "ana@sol.test"}, {"email": "bruno@sol.test"})
    client.refresh_from_db()
    assert client.email == "ana@sol.test"


def test_fields_that_others_changed_meanwhile_are_kept(ana: Agent, bruno: Agent) -> None:
    client: Client = ClientFactory(email="velho@sol.test")
    for_ana = Client.objects.get(pk=client.pk)
    client.edit(bruno, {"email": "bruno@sol.test"})
    for_ana.edit(ana, {"company_type": "me"}, {"company_type": ""})
    for_ana.refresh_from_db()
    assert (for_ana.email, for_ana.company_type) == ("bruno@sol.test", "me")
    assert for_ana.version == 3


def test_writing_the_same_as_a_colleague_is_no_conflict(ana: Agent, bruno: Agent) -> None:
    client: Client = ClientFactory(email="velho@sol.test")
    seen = {"email": "velho@sol.test"}
    client.edit(bruno, {"email": "novo@sol.test"}, seen)
    assert client.edit(ana, {"email": "novo@sol.test"}, seen) == []


@pytest.mark.django_db(transaction=True)
def test_of_two_edits_at_once_one_is_told() -> None:
    client: Client = ClientFactory(email="velho@sol.test")
    agents, start = AgentFactory.create_batch(8), Barrier(8)

    def write(agent: Agent) -> bool:
        row = Client.objects.get(pk=client.pk)
        start.wait(10)
        try:
            row.edit(agent, {"email": f"{agent.pk}@sol.test"}, {"email": "velho@sol.test"})
        except EditConflict:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(write, agents)) == 1
    assert len(trail(client)) == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_clients_with_one_cnpj_at_once_one_is_made() -> None:
    agents, start = AgentFactory.create_batch(4), Barrier(4)

    def make(agent: Agent) -> bool:
        start.wait(10)
        try:
            Client.objects.create_by(agent, {"name": "Sol", "cnpj": "11.222.333/0001-81"})
        except ValidationError as error:
            return error.message_dict != {"cnpj": ["Já existe um cliente com este CNPJ."]}
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(make, agents)) == 1


def test_a_contact_belongs_to_one_client_and_all_are_told(ana: Agent) -> None:
    conversation: Conversation = ConversationFactory(contact__phone="558688112233")
    contact, old, new = conversation.contact, ClientFactory(), ClientFactory(name="Padaria Sol")
    contact.belong_to(ana, old)
    Change.objects.all().delete()
    contact.belong_to(ana, new)
    assert (told_of(old), told_of(new)) == (1, 1)
    assert Change.objects.filter(conversation_id=conversation.pk).count() == 1
    assert str(old.phones.get()) == "+55 86 8811-2233"
    assert trail(new)[-1] == ("contact.client", old.name, "Padaria Sol")
    contact.belong_to(ana, new)
    assert told_of(new) == 1
