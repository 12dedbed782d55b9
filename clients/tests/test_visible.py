from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.factories import AgentFactory, SupervisorFactory
from accounts.models import Agent
from accounts.rights import NotAllowed
from api.tests.conftest import Caller, told
from clients.factories import ClientFactory
from clients.models import Client, SalesStage
from clients.models.visible import shows
from whatsapp.factories import ContactFactory, ConversationFactory, SessionFactory
from whatsapp.models import Session

pytestmark = pytest.mark.django_db


def numbers(ana: Agent) -> dict[str, Session]:
    hidden, hers = SessionFactory(), SessionFactory()
    hidden.agents.add(AgentFactory())
    hers.agents.add(ana)
    return {"hidden": hidden, "hers": hers, "everybody's": SessionFactory()}


def known(names: tuple[str, ...], of: dict[str, Session], responsible: Agent | None) -> Client:
    """A client with a contact who writes to the numbers *names*."""
    client: Client = ClientFactory(responsible=responsible)
    contact = ContactFactory(client=client)
    for name in names:
        ConversationFactory(session=of[name], contact=contact)
    return client


REACHES = [
    (),
    ("hidden",),
    ("hers",),
    ("everybody's",),
    ("hidden", "hers"),
    ("hidden", "everybody's"),
]


@pytest.mark.parametrize("reach", REACHES)
@pytest.mark.parametrize("who", ["nobody", "ana", "bruno"])
def test_sql_and_memory_agree_on_whose_card_one_sees(
    ana: Agent, reach: tuple[str, ...], who: str
) -> None:
    of, bruno = numbers(ana), AgentFactory(first_name="Bruno")
    client = known(reach, of, {"nobody": None, "ana": ana, "bruno": bruno}[who])
    expected = reach != ("hidden",) or who == "ana"
    allowed = set(Session.objects.visible_to(ana).values_list("pk", flat=True))
    assert list(Client.objects.visible_to(ana)) == ([client] if expected else [])
    theirs = [of[name].pk for name in reach]
    assert shows(ana, allowed, client.responsible_id, theirs) == expected
    chief = SupervisorFactory()
    assert list(Client.objects.visible_to(chief)) == [client]
    assert shows(chief, [], client.responsible_id, theirs)
    ana.is_active = False
    assert not Client.objects.visible_to(ana).exists()
    assert not shows(ana, allowed, client.responsible_id, theirs)


def test_a_hidden_client_is_out_of_reach_of_the_api(ana: Agent, as_agent: Caller) -> None:
    of = numbers(ana)
    hidden, seen = known(("hidden",), of, None), known(("hidden", "hers"), of, None)
    api = as_agent(ana)
    assert [row["id"] for row in told(api.get("/api/clients/"))] == [seen.pk]
    assert told(api.get("/api/clients/", {"q": hidden.name})) == []
    url = f"/api/clients/{hidden.pk}/"
    assert api.get(url).status_code == 404
    assert api.patch(url, {"name": "X"}, "application/json").status_code == 404
    hidden.refresh_from_db()
    assert hidden.name != "X"


def test_verbs_refuse_a_hidden_client(ana: Agent) -> None:
    client = known(("hidden",), numbers(ana), None)
    with pytest.raises(NotAllowed, match="números que você não atende"):
        client.edit(ana, {"name": "X"})
    with pytest.raises(NotAllowed):
        client.move_to_stage(ana, SalesStage.PROPOSAL)
    with pytest.raises(NotAllowed):
        ContactFactory().belong_to(ana, client)
    with pytest.raises(NotAllowed):
        client.contacts.get().belong_to(ana, ClientFactory())
    with pytest.raises(NotAllowed):
        client.contacts.get().rename(ana, "X")
    with pytest.raises(NotAllowed):
        client.delete_by(SupervisorFactory())


def test_a_hidden_clients_name_is_not_told_by_its_cnpj(ana: Agent, client: Browser) -> None:
    of = numbers(ana)
    hidden = known(("hidden",), of, None)
    Client.objects.filter(pk=hidden.pk).update(cnpj="11222333000181", name="Segredo")
    conversation = ConversationFactory(session=of["hers"])
    client.force_login(ana)
    url = reverse("client_edit", args=[conversation.pk])
    for more in ({}, {"vincular": hidden.pk}):
        answer = client.post(url, {"name": "Outra", "cnpj": "11.222.333/0001-81", **more})
        assert answer.status_code == 422
        assert "Já existe um cliente com este CNPJ." in answer.content.decode()
        assert "Segredo" not in answer.content.decode()
    conversation.contact.refresh_from_db()
    assert conversation.contact.client is None


def test_visible_clients_cost_one_query(
    ana: Agent, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    of = numbers(ana)
    for _ in range(10):
        known(("hers", "everybody's"), of, None)
    with django_assert_num_queries(1):
        assert len(Client.objects.visible_to(ana)) == 10


def test_visible_clients_are_asked_for_by_index(ana: Agent) -> None:
    numbers(ana)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Client.objects.visible_to(ana)[:50].explain()
    assert "client_by_name" in plan
    assert "hashed SubPlan" not in plan
    assert "Seq Scan on whatsapp_conversation" not in plan
    assert "Seq Scan on whatsapp_contact" not in plan
