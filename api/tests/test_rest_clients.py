from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries

from accounts.factories import AgentFactory, SupervisorFactory
from accounts.models import AuditEntry
from api.tests.conftest import Caller, told
from clients.models import Client
from live.models import Change, ChangeKind
from whatsapp.factories import ClientFactory, ConversationFactory

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


def _url(client: Client) -> str:
    return f"/api/clients/{client.pk}/"


def _customer(**options: Any) -> Client:
    """A client who has a conversation on a number that only a colleague sees."""
    client: Client = ClientFactory(**options)
    thread = ConversationFactory(contact__client=client)
    thread.session.agents.add(AgentFactory())
    return client


def test_clients_of_hidden_numbers_do_not_exist(as_agent: Caller) -> None:
    ana = AgentFactory()
    api = as_agent(ana)
    hidden = _customer(name="Padaria Sol", cnpj="11222333000181")
    assert told(api.get("/api/clients/")) == []
    for words in ("padaria", "11222333000181"):
        assert told(api.get("/api/clients/", {"q": words})) == []
    assert api.get(_url(hidden)).status_code == 404
    assert api.patch(_url(hidden), {"name": "x"}, JSON).status_code == 404
    assert [row["id"] for row in told(as_agent(SupervisorFactory()).get("/api/clients/"))] == [
        hidden.pk
    ]


def test_clients_are_seen_by_who_has_reason_to(as_agent: Caller) -> None:
    """On a number of theirs, in their hands, or not in conversation with anybody yet."""
    ana = AgentFactory()
    open_number, own = _customer(), _customer(responsible=ana)
    ConversationFactory(contact__client=open_number)
    her_number = _customer()
    ConversationFactory(contact__client=her_number).session.agents.add(ana)
    silent = ClientFactory()
    _customer()
    seen = {row["id"] for row in told(as_agent(ana).get("/api/clients/"))}
    assert seen == {open_number.pk, own.pk, her_number.pk, silent.pk}


def test_only_who_still_works_here_becomes_responsible(api: Browser) -> None:
    gone, here = AgentFactory(is_active=False), AgentFactory()
    url = _url(ClientFactory())
    for method, address in ((api.patch, url), (api.post, "/api/clients/")):
        answer = method(address, {"name": "Sol", "responsible": gone.pk}, JSON)
        assert answer.status_code == 400
        assert set(answer.json()["errors"]) == {"responsible"}
    assert told(api.patch(url, {"responsible": here.pk}, JSON))["responsible"] == here.pk


def test_an_edit_of_an_older_version_is_refused_with_what_changed(
    as_agent: Caller,
) -> None:
    client = ClientFactory(name="Padaria Sol", email="a@sol.example")
    ana, bruno = (as_agent(AgentFactory(first_name=name)) for name in ("Ana", "Bruno"))
    read = ana.get(_url(client))["ETag"]
    changed = bruno.patch(_url(client), {"email": "b@sol.example", "hasDebt": True}, JSON)
    assert changed["ETag"] != read
    headers = {"If-Match": read}
    late = ana.patch(_url(client), {"email": "c@sol.example"}, JSON, headers=headers)
    assert late.status_code == 412
    body = late.json()
    assert body["success"] is False
    assert set(body["errors"]) == {"email", "hasDebt"}
    assert body["errors"]["email"] == ["Bruno Souza mudou este campo para b@sol.example."]
    client.refresh_from_db()
    assert client.email == "b@sol.example"
    headers = {"If-Match": ana.get(_url(client))["ETag"]}
    assert ana.patch(_url(client), {"email": "c@sol.example"}, JSON, headers=headers).json()[
        "success"
    ]


def test_a_change_that_was_taken_back_is_a_change(as_agent: Caller) -> None:
    client, api = ClientFactory(email="a@sol.example"), as_agent(AgentFactory())
    read = api.get(_url(client))["ETag"]
    for email in ("b@sol.example", "a@sol.example"):
        api.patch(_url(client), {"email": email}, JSON)
    headers = {"If-Match": read}
    assert api.patch(_url(client), {"name": "Lua"}, JSON, headers=headers).status_code == 412


def test_what_is_changed_past_the_verb_is_noticed(api: Browser) -> None:
    client = ClientFactory()
    headers = {"If-Match": api.get(_url(client))["ETag"]}
    Client.objects.update(name="Outro nome")
    late = api.patch(_url(client), {"email": "c@sol.example"}, JSON, headers=headers)
    assert late.status_code == 412
    assert set(late.json()["errors"]) == {"name"}


@pytest.mark.parametrize(
    ("sent", "code"),
    [("*", 200), ('"nada"', 412), ("nada", 412), ('W/"1.00"', 412), ("", 412), ('"1.", *', 412)],
)
def test_if_match_is_taken_at_its_word(api: Browser, sent: str, code: int) -> None:
    client = ClientFactory()
    answer = api.patch(_url(client), {"name": "Lua"}, JSON, headers={"If-Match": sent})
    assert answer.status_code == code


def test_without_if_match_only_the_fields_sent_change(as_agent: Caller) -> None:
    client = ClientFactory(name="Sol")
    as_agent(AgentFactory()).patch(_url(client), {"email": "a@sol.example"}, JSON)
    as_agent(AgentFactory()).patch(_url(client), {"hasDebt": True}, JSON)
    client.refresh_from_db()
    assert (client.name, client.email, client.has_debt) == ("Sol", "a@sol.example", True)
    verbs = AuditEntry.objects.filter(client_id=client.pk).values_list("verb", flat=True)
    assert set(verbs) == {"client.email", "client.has_debt"}
    assert Change.objects.filter(kind=ChangeKind.CLIENT_CHANGED).count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_edits_of_one_version_one_is_made(as_agent: Caller) -> None:
    client, agent = ClientFactory(), AgentFactory()
    headers = {"If-Match": as_agent(agent).get(_url(client))["ETag"]}

    def edit(n: int) -> int:
        try:
            sent = {"name": f"Padaria número {n}"}
            return as_agent(agent).patch(_url(client), sent, JSON, headers=headers).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as callers:
        codes = list(callers.map(edit, range(8)))
    assert sorted(codes) == [200] + [412] * 7


def test_a_page_of_another_origin_may_say_which_version_it_read(
    client: Browser, settings: Any
) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://crm.example"]
    asked = {
        "Origin": "https://crm.example",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "if-match",
    }
    answer = client.options("/api/clients/1/", headers=asked)
    assert "if-match" in answer["Access-Control-Allow-Headers"]
    read = client.get("/api/clients/1/", headers={"Origin": "https://crm.example"})
    assert "etag" in read["Access-Control-Expose-Headers"]
