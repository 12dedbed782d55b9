"""Edits by each door, and those that meet on the client card."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.factories import SupervisorFactory
from accounts.models import Agent, AuditEntry
from api.tests.conftest import Caller
from clients.factories import ClientFactory
from clients.models import Client
from clients.tests.conftest import admin_form, card_of, told_of

pytestmark = pytest.mark.django_db

JSON = "application/json"


def by_page(ana: Agent, as_agent: Caller, client: Client) -> None:
    browser, conversation = Browser(), card_of(client)
    browser.force_login(ana)
    url = reverse("client_fact", args=[conversation.pk, "email"])
    assert browser.post(url, {"email": "novo@sol.test"}).status_code == 200


def by_api(ana: Agent, as_agent: Caller, client: Client) -> None:
    card_of(client)
    url = f"/api/clients/{client.pk}/"
    assert as_agent(ana).patch(url, {"email": "novo@sol.test"}, JSON).status_code == 200


def by_admin(ana: Agent, as_agent: Caller, client: Client) -> None:
    card_of(client)
    browser = Browser()
    browser.force_login(SupervisorFactory(first_name="Ana", last_name="Lima"))
    url = f"/admin/clients/client/{client.pk}/change/"
    sent = admin_form(browser, url) | {"email": "novo@sol.test"}
    assert browser.post(url, sent).status_code == 302


@pytest.mark.parametrize("door", [by_page, by_api, by_admin])
def test_an_edit_by_any_door_is_written_down_and_told_once(
    ana: Agent, as_agent: Caller, door: Any
) -> None:
    client: Client = ClientFactory(email="velho@sol.test")
    door(ana, as_agent, client)
    entry = AuditEntry.objects.get(client_id=client.pk)
    assert (entry.actor_name, entry.verb) == ("Ana Lima", "client.email")
    assert (entry.old, entry.new) == ("velho@sol.test", "novo@sol.test")
    assert told_of(client) == 1
    client.refresh_from_db()
    assert client.version == 2


def test_a_conflict_on_the_card_keeps_what_was_typed(
    ana: Agent, bruno: Agent, client: Browser
) -> None:
    customer: Client = ClientFactory(email="velho@sol.test")
    url = reverse("client_fact", args=[card_of(customer).pk, "email"])
    client.force_login(ana)
    form = client.get(url, {"editar": ""}).content.decode()
    assert '<input type="hidden" name="visto" value="velho@sol.test">' in form
    customer.edit(bruno, {"email": "bruno@sol.test"})
    sent = {"email": "ana@sol.test", "visto": "velho@sol.test"}
    answer = client.post(url, sent)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Bruno Reis mudou este campo para <strong>bruno@sol.test</strong>" in page
    assert 'value="ana@sol.test"' in page
    assert 'name="visto" value="bruno@sol.test"' in page
    # Saved again, it is done knowingly.
    assert client.post(url, sent | {"visto": "bruno@sol.test"}).status_code == 200
    customer.refresh_from_db()
    assert customer.email == "ana@sol.test"


@pytest.mark.parametrize("name", ["cnpj", "responsible", "company_type", "name"])
def test_an_untouched_row_meets_nobody(ana: Agent, client: Browser, name: str) -> None:
    customer: Client = ClientFactory(
        cnpj="11222333000181", responsible=ana, company_type="me", name="Padaria & Sol"
    )
    url = reverse("client_fact", args=[card_of(customer).pk, name])
    client.force_login(ana)
    shown = client.get(url, {"editar": ""}).context
    value, seen = shown["form"][name].value(), shown["seen"]
    assert client.post(url, {name: value, "visto": seen}).status_code == 200
    assert told_of(customer) == 0


def test_an_error_keeps_what_was_seen(ana: Agent, bruno: Agent, client: Browser) -> None:
    customer: Client = ClientFactory(email="velho@sol.test")
    url = reverse("client_fact", args=[card_of(customer).pk, "email"])
    client.force_login(ana)
    customer.edit(bruno, {"email": "bruno@sol.test"})
    answer = client.post(url, {"email": "nada", "visto": "velho@sol.test"})
    assert answer.status_code == 422
    assert 'name="visto" value="velho@sol.test"' in answer.content.decode()


def test_flags_and_stages_meet_as_well(ana: Agent, bruno: Agent, client: Browser) -> None:
    customer: Client = ClientFactory()
    conversation = card_of(customer)
    client.force_login(ana)
    customer.edit(bruno, {"has_debt": False, "sales_stage": "credit"})
    flag = reverse("client_fact", args=[conversation.pk, "has_debt"])
    answer = client.post(flag, {"has_debt": "true", "visto": ""})
    assert answer.status_code == 409
    assert "Bruno Reis mudou este campo para Não." in answer.content.decode()
    stage = reverse("client_stage", args=[conversation.pk])
    answer = client.post(stage, {"etapa": "proposal", "visto": "lead"})
    assert answer.status_code == 409
    assert "Bruno Reis mudou este campo para Análise de crédito." in answer.content.decode()
    customer.refresh_from_db()
    assert (customer.has_debt, customer.sales_stage) == (False, "credit")
    assert client.post(stage, {"etapa": "proposal", "visto": "credit"}).status_code == 200
