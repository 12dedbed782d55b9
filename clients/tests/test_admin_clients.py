"""Clients and contacts in the admin: by the same verbs, with the same refusals."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser

from accounts.factories import SupervisorFactory
from accounts.models import Agent
from clients.factories import ClientFactory
from clients.models import Client, ClientPhone
from clients.tests.conftest import admin_form, card_of, told_of, trail
from live.models import Change
from whatsapp.factories import ConversationFactory
from whatsapp.models import Conversation

pytestmark = pytest.mark.django_db

JSON = "application/json"


@pytest.fixture
def chief(client: Browser) -> Agent:
    agent: Agent = SupervisorFactory(first_name="Carla")
    client.force_login(agent)
    return agent


def test_a_conflict_in_the_admin_names_the_field_and_keeps_what_was_typed(
    chief: Agent, bruno: Agent, client: Browser
) -> None:
    customer: Client = ClientFactory(email="velho@sol.test", cnpj="11222333000181", has_debt=True)
    url = f"/admin/clients/client/{customer.pk}/change/"
    sent = admin_form(client, url) | {"email": "carla@sol.test", "company_type": "me"}
    customer.edit(bruno, {"email": "bruno@sol.test", "name": "Padaria Sol", "has_debt": None})
    answer = client.post(url, sent)
    assert answer.status_code == 200
    form = answer.context["adminform"].form
    assert list(form.errors) == ["email"]
    assert "Bruno Reis mudou este campo para bruno@sol.test." in form.errors["email"][0]
    assert form["email"].value() == "carla@sol.test"
    assert 'name="initial-email" value="bruno@sol.test"' in answer.content.decode()
    assert client.post(url, sent | {"initial-email": "bruno@sol.test"}).status_code == 302
    customer.refresh_from_db()
    assert (customer.email, customer.company_type) == ("carla@sol.test", "me")
    # What Carla did not touch stays Bruno's.
    assert (customer.name, customer.has_debt) == ("Padaria Sol", None)
    assert customer.cnpj == "11222333000181"


def test_the_admin_makes_and_moves_clients_by_their_verbs(chief: Agent, client: Browser) -> None:
    sent = {"name": "Padaria Sol", "cnpj": "11.222.333/0001-81", "status": "prospect"}
    sent |= {"phones-TOTAL_FORMS": "1", "phones-INITIAL_FORMS": "0"}
    sent |= {"phones-0-number": "(86) 98811-2233"}
    assert client.post("/admin/clients/client/add/", sent).status_code == 302
    made = Client.objects.get()
    assert trail(made) == [
        ("client.created", "", "Padaria Sol"),
        ("client.phones", "", "+55 86 98811-2233"),
    ]
    again = client.post("/admin/clients/client/add/", sent)
    assert "Já existe um cliente com este CNPJ." in again.content.decode()
    action = {"action": "to_proposal", "_selected_action": [made.pk]}
    client.post("/admin/clients/client/", action)
    made.refresh_from_db()
    assert made.sales_stage == "proposal"
    url = f"/admin/clients/client/{made.pk}/change/"
    client.post(url, admin_form(client, url) | {"sales_stage": "lead", "version": "9"})
    made.refresh_from_db()
    assert (made.sales_stage, made.version) == ("proposal", 3)


@pytest.mark.parametrize(
    ("numbers", "why"),
    [
        (["98811-2233"], "Falta o DDD"),
        (["abc"], "Telefone inválido"),
        (["86 8811-9999"], "já está no cadastro de um cliente"),
        (["86 98811-2233", "+55 86 8811-2233"], "Este telefone está repetido."),
    ],
)
def test_the_admin_refuses_telephones_in_words(
    chief: Agent, client: Browser, numbers: list[str], why: str
) -> None:
    ClientPhone.objects.create(client=ClientFactory(), number="5586988119999")
    customer: Client = ClientFactory()
    url = f"/admin/clients/client/{customer.pk}/change/"
    sent = admin_form(client, url) | {"phones-TOTAL_FORMS": len(numbers)}
    sent |= {f"phones-{n}-number": number for n, number in enumerate(numbers)}
    answer = client.post(url, sent)
    assert answer.status_code == 200
    assert why in answer.content.decode()
    assert not customer.phones.exists()


def test_a_telephone_is_taken_away_in_the_admin(chief: Agent, client: Browser) -> None:
    customer: Client = ClientFactory()
    telephone = ClientPhone.objects.create(client=customer, number="5586988112233")
    url = f"/admin/clients/client/{customer.pk}/change/"
    sent = admin_form(client, url) | {"phones-TOTAL_FORMS": 1, "phones-INITIAL_FORMS": 1}
    sent |= {"phones-0-id": telephone.pk, "phones-0-client": customer.pk}
    sent |= {"phones-0-number": telephone.number, "initial-phones-0-number": telephone.number}
    sent |= {"phones-0-DELETE": "on"}
    assert client.post(url, sent).status_code == 302
    assert trail(customer) == [("client.phones", "+55 86 98811-2233", "")]
    assert told_of(customer) == 1


@pytest.fixture
def old_page(chief: Agent, client: Browser) -> tuple[Client, ClientPhone, dict[str, Any]]:
    """A client, his telephone that somebody changed, and a page from before that, untouched."""
    customer: Client = ClientFactory()
    telephone = ClientPhone.objects.create(client=customer, number="5586988112233")
    url = f"/admin/clients/client/{customer.pk}/change/"
    assert 'name="initial-phones-0-number"' in client.get(url).content.decode()
    sent = admin_form(client, url) | {"phones-TOTAL_FORMS": 1, "phones-INITIAL_FORMS": 1}
    sent |= {"phones-0-id": telephone.pk, "phones-0-client": customer.pk}
    sent |= {"phones-0-number": telephone.number, "initial-phones-0-number": telephone.number}
    telephone.number = "5586988110000"
    telephone.save()
    return customer, telephone, sent


def test_a_telephone_that_was_not_touched_keeps_what_others_made_of_it(
    client: Browser, old_page: Any
) -> None:
    customer, telephone, sent = old_page
    url = f"/admin/clients/client/{customer.pk}/change/"
    assert client.post(url, sent | {"email": "novo@sol.test"}).status_code == 302
    telephone.refresh_from_db()
    customer.refresh_from_db()
    assert (telephone.number, customer.email) == ("5586988110000", "novo@sol.test")
    assert [verb for verb, _, _ in trail(customer)] == ["client.email"]


@pytest.mark.parametrize(
    "touched", [{"phones-0-number": "86 98811-4455"}, {"phones-0-DELETE": "on"}]
)
def test_who_changes_a_telephone_that_others_changed_is_told(
    client: Browser, old_page: Any, touched: dict[str, str]
) -> None:
    customer, _, sent = old_page
    answer = client.post(f"/admin/clients/client/{customer.pk}/change/", sent | touched)
    assert answer.status_code == 200
    assert "Outra pessoa mudou" in answer.content.decode()
    assert customer.phones.get().number == "5586988110000"


def test_only_administrators_delete_a_client(chief: Agent, client: Browser) -> None:
    customer: Client = ClientFactory(name="Padaria Sol")
    conversation = card_of(customer)
    url = f"/admin/clients/client/{customer.pk}/delete/"
    assert client.post(url, {"post": "yes"}).status_code == 403
    Agent.objects.filter(pk=chief.pk).update(role="admin")
    assert client.post(url, {"post": "yes"}).status_code == 302
    assert not Client.objects.exists()
    assert trail(customer) == [("client.deleted", "Padaria Sol", "")]
    assert told_of(customer) == 1
    assert Change.objects.filter(conversation_id=conversation.pk).count() == 1


def test_the_admin_names_and_ties_a_contact_by_the_verbs(chief: Agent, client: Browser) -> None:
    customer: Client = ClientFactory(name="Padaria Sol")
    conversation: Conversation = ConversationFactory(contact__push_name="Nina")
    contact = conversation.contact
    url = f"/admin/whatsapp/contact/{contact.pk}/change/"
    sent = admin_form(client, url) | {"name": "Marina", "client": customer.pk}
    assert client.post(url, sent).status_code == 302
    contact.refresh_from_db()
    assert (contact.name, contact.client) == ("Marina", customer)
    assert told_of(customer) >= 1
    assert Change.objects.filter(conversation_id=conversation.pk).exists()
    assert client.post(url, admin_form(client, url) | {"client": ""}).status_code == 302
    contact.refresh_from_db()
    assert contact.client is None
    stale = sent | {"initial-name": "", "name": "Outra"}
    assert "mudou este campo para Marina" in client.post(url, stale).content.decode()
