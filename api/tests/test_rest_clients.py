from __future__ import annotations

import pytest
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries

from accounts.factories import AgentFactory
from api.tests.conftest import Caller, told
from clients.models import Client
from whatsapp.factories import ClientFactory

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def api(as_agent: Caller) -> Browser:
    return as_agent(AgentFactory())


def test_a_client_is_made_found_and_changed(api: Browser) -> None:
    sent = {"name": "Padaria Sol", "cnpj": "11.222.333/0001-81", "companyType": "me"}
    answer = api.post("/api/clients/", sent, JSON)
    assert answer.status_code == 201
    made = told(answer)
    assert made["cnpj"] == "11222333000181"
    for words in ("padaria", "11.222.333", "11222333000181"):
        assert [row["id"] for row in told(api.get("/api/clients/", {"q": words}))] == [made["id"]]
    url = f"/api/clients/{made['id']}/"
    changed = told(api.patch(url, {"salesStage": "proposal", "hasDebt": False}, JSON))
    assert changed["salesStage"] == "proposal"
    assert changed["hasDebt"] is False
    assert changed["name"] == "Padaria Sol"
    assert told(api.get(url)) == changed


def test_a_cnpj_is_checked_and_unique(api: Browser) -> None:
    ClientFactory(cnpj="11222333000181")
    for cnpj in ("11222333000100", "11.222.333/0001-81", "123", "---", "١١٢٢٢٣٣٣٠٠٠١٨١"):
        answer = api.post("/api/clients/", {"name": "Outra", "cnpj": cnpj}, JSON)
        assert answer.status_code == 400
        assert set(answer.json()["errors"]) == {"cnpj"}
    assert Client.objects.count() == 1


@pytest.mark.parametrize("field", ["nome", "phones", "id", "createdAt"])
def test_a_field_that_nobody_may_write_is_named(api: Browser, field: str) -> None:
    sent = {"name": "Padaria Sol", field: "x"}
    url = f"/api/clients/{ClientFactory().pk}/"
    for answer in (api.post("/api/clients/", sent, JSON), api.patch(url, sent, JSON)):
        assert answer.status_code == 400
        assert set(answer.json()["errors"]) == {field}
    assert not Client.objects.filter(name="Padaria Sol").exists()


def test_clients_cost_the_same_for_one_and_fifty(
    api: Browser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ClientFactory.create_batch(50)
    for limit in (1, 50):
        with django_assert_num_queries(3):
            assert len(told(api.get("/api/clients/", {"limit": limit}))) == limit


@pytest.mark.parametrize("pk", [0, 10**30])
def test_an_unknown_client_is_404(api: Browser, pk: int) -> None:
    assert api.get(f"/api/clients/{pk}/").status_code == 404


def test_what_is_not_json_is_said_in_the_envelope(api: Browser) -> None:
    for body, kind, code in (
        ("{", JSON, 400),
        ("[]", JSON, 400),
        ("a=1", "application/x-www-form-urlencoded", 415),
        ('{"name": "' + "x" * 70_000 + '"}', JSON, 413),
        ("[" * 60_000, JSON, 400),
    ):
        answer = api.generic("POST", "/api/clients/", body, content_type=kind)
        assert answer.status_code == code
        assert answer.json()["success"] is False
    assert api.delete("/api/clients/").status_code == 405
    lost = api.get("/api/nada/")
    assert lost.status_code == 404
    assert lost.json() == {"success": False, "message": "Não existe este endereço na API."}
    xml = api.get("/api/clients/", headers={"Accept": "application/xml"})
    assert xml.status_code == 406
    assert xml.json()["success"] is False
