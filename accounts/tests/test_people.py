from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import people, withdrawal
from accounts.factories import AgentFactory, SupervisorFactory
from accounts.models import Agent, AuditEntry, LimitKind, LoginLimit, Role
from accounts.rights import NotAllowed
from whatsapp.factories import ConversationFactory

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def boss(client: Browser) -> Any:
    agent = SupervisorFactory(first_name="Fábio", last_name="Lacerda")
    client.force_login(agent)
    return agent


@pytest.fixture
def admin() -> Any:
    return AgentFactory(username="raiz", role=Role.ADMIN, is_superuser=True)


def _password_in(page: str) -> str:
    found = re.search(r'id="senha-provisoria">([^<]+)<', page)
    assert found, page
    return found[1]


def _create(client: Browser, **changed: str) -> Any:
    sent = {"name": "Gabriela Souto", "username": "gabriela", "email": "", "role": "agent"}
    return client.post(reverse("person_create"), sent | changed)


def test_a_supervisor_creates_a_person_who_chooses_her_own_password(
    boss: Any, client: Browser
) -> None:
    answer = _create(client)
    password = _password_in(answer.content.decode())
    assert "no-store" in answer["Cache-Control"]
    hers = Browser()
    sent = {"username": "gabriela", "password": password}
    first = hers.post(reverse("login"), sent, follow=True)
    assert first.request["PATH_INFO"] == reverse("first_access")
    chosen = {"new": "uma frase bem minha", "again": "uma frase bem minha"}
    assert hers.post(reverse("first_access"), chosen)["Location"] == reverse("desk")
    assert hers.get(reverse("desk")).status_code == 200
    assert Browser().post(reverse("login"), sent).status_code == 200
    sent["password"] = "uma frase bem minha"
    assert Browser().post(reverse("login"), sent).status_code == 302
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert {"person.created", "password.changed", "login.done"} <= verbs
    written = str(list(AuditEntry.objects.values_list()))
    assert password not in written
    assert "pbkdf2" not in written


def test_what_is_typed_wrong_is_told_and_kept(boss: Any, client: Browser) -> None:
    AgentFactory(username="gabriela")
    for changed, words in (
        ({}, "usuário já existe"),
        ({"username": "com espaço"}, "válido"),
        ({"username": "x" * 300}, "150"),
        ({"name": ""}, "Escreva o nome"),
        ({"email": "não é"}, "não parece certo"),
        ({"role": "admin"}, "Escolha um papel"),
        ({"name": "\0"}, "nulos"),
    ):
        answer = _create(client, **changed)
        page = answer.content.decode()
        assert answer.status_code == 422, changed
        assert words in page, (changed, page)
    assert 'value="gabriela"' in page
    assert not AuditEntry.objects.filter(verb="person.created").exists()


def test_a_temporary_password_lasts_a_day(boss: Any) -> None:
    person, password = people.create(boss, "nova", Role.AGENT, {"first_name": "Nova"})
    Agent.objects.filter(pk=person.pk).update(temporary_until=timezone.now() - timedelta(minutes=1))
    sent = {"username": "nova", "password": password}
    answer = Browser().post(reverse("login"), sent)
    assert "A senha provisória venceu" in answer.content.decode()
    assert Browser().post("/api/token/", sent, JSON).status_code == 403


def test_a_first_access_that_waited_too_long_ends(boss: Any) -> None:
    person, password = people.create(boss, "nova", Role.AGENT, {"first_name": "Nova"})
    hers = Browser()
    hers.post(reverse("login"), {"username": "nova", "password": password})
    Agent.objects.filter(pk=person.pk).update(temporary_until=timezone.now() - timedelta(minutes=1))
    chosen = {"new": "uma frase bem minha", "again": "uma frase bem minha"}
    refused = hers.post(reverse("first_access"), chosen)
    assert refused.status_code == 422
    assert "venceu" in refused.content.decode()
    assert hers.get(reverse("desk"))["Location"] == reverse("login")


@pytest.mark.parametrize("route", ["desk", "account", "people", "audit", "numbers", "rights"])
def test_a_temporary_password_opens_no_page(route: str) -> None:
    person = SupervisorFactory(must_change_password=True)
    browser = Browser()
    browser.force_login(person)
    assert browser.get(reverse(route))["Location"] == reverse("first_access")
    fragment = browser.get(reverse(route), headers={"HX-Request": "true"})
    assert fragment.status_code == 401
    assert fragment["HX-Redirect"] == reverse("first_access")
    assert fragment.content == b""


def test_a_temporary_password_opens_neither_admin_nor_api(boss: Any) -> None:
    person, password = people.create(boss, "chefe", Role.SUPERVISOR, {"first_name": "Chefe"})
    browser = Browser()
    browser.force_login(person)
    assert browser.get("/admin/")["Location"] == reverse("first_access")
    sent = {"username": "chefe", "password": password}
    refused = browser.post("/api/token/", sent, JSON)
    assert not AuditEntry.objects.filter(verb="login.done").exists()
    assert refused.status_code == 403
    assert "senha" in refused.json()["message"]
    assert browser.get("/healthz").status_code == 200


def test_the_first_password_must_be_a_good_one(boss: Any) -> None:
    person, password = people.create(boss, "nova", Role.AGENT, {"first_name": "Nova"})
    browser = Browser()
    browser.force_login(person)
    for new, again, words in (
        ("curta", "curta", "10 caracteres"),
        ("1234567890", "1234567890", "comum"),
        (password, password, "diferente"),
        ("uma frase boa", "outra frase boa", "não são iguais"),
        ("x" * 129, "x" * 129, "no máximo 128"),
    ):
        answer = browser.post(reverse("first_access"), {"new": new, "again": again})
        assert answer.status_code == 422
        assert words in answer.content.decode()


def test_a_new_password_ends_log_ins_and_tokens_and_unlocks(boss: Any, client: Browser) -> None:
    ana = AgentFactory(username="ana")
    ana.set_password("segredo-da-ana")
    ana.save()
    hers = Browser()
    hers.force_login(ana)
    sent = {"username": "ana", "password": "segredo-da-ana"}
    pair = Browser().post("/api/token/", sent, JSON).json()["data"]
    LoginLimit.objects.create(
        kind=LimitKind.ACCOUNT, key=str(ana.pk), locked_until=timezone.now() + timedelta(hours=1)
    )
    answer = client.post(reverse("person_password", args=[ana.pk]))
    sent["password"] = _password_in(answer.content.decode())
    assert reverse("login") in hers.get(reverse("desk"))["Location"]
    headers = {"Authorization": f"Bearer {pair['access']}"}
    assert Browser().get("/api/clients/", headers=headers).status_code == 401
    assert Browser().post(reverse("login"), sent).status_code == 302


def test_deactivated_is_out_at_once_and_comes_back_by_a_new_password(
    boss: Any, client: Browser
) -> None:
    ana = AgentFactory(first_name="Ana")
    hers = Browser()
    hers.force_login(ana)
    assert client.post(reverse("person_deactivate", args=[ana.pk]))["HX-Refresh"] == "true"
    assert reverse("login") in hers.get(reverse("desk"))["Location"]
    back = client.post(reverse("person_reactivate", args=[ana.pk]))
    assert _password_in(back.content.decode())
    # The log-in of before stays dead.
    assert reverse("login") in hers.get(reverse("desk"))["Location"]


def test_the_dialog_says_how_many_conversations_go_back(boss: Any, client: Browser) -> None:
    ana = AgentFactory(first_name="Ana")
    for _ in range(2):
        ConversationFactory().claim(ana)
    page = client.get(reverse("person_deactivate", args=[ana.pk])).content.decode()
    assert "2 conversas abertas" in page
    assert "voltam" in page


@pytest.fixture
def given_back() -> Iterator[list[int]]:
    """The agents whose work was given back."""
    asked: list[int] = []
    withdrawal.register(asked.append)
    yield asked
    withdrawal._give_back.remove(asked.append)


def test_deactivation_and_another_role_give_work_back(boss: Any, given_back: list[int]) -> None:
    ana, bia = AgentFactory(), SupervisorFactory()
    people.deactivate(boss, ana)
    people.change_role(boss, bia, Role.AGENT)
    people.change_role(boss, bia, Role.AGENT)
    assert given_back == [ana.pk, bia.pk]


def test_a_supervisor_touches_no_administrator_and_makes_none(
    boss: Any, admin: Any, client: Browser
) -> None:
    ana = AgentFactory()
    for verb in (people.reset_password, people.deactivate, people.unlock, people.reactivate):
        with pytest.raises(NotAllowed, match="administração"):
            verb(boss, admin)
    with pytest.raises(NotAllowed, match="administração"):
        people.change_role(boss, ana, Role.ADMIN)
    with pytest.raises(NotAllowed, match="administração"):
        people.create(boss, "outra", Role.ADMIN, {})
    for name in ("person_edit", "person_password", "person_deactivate", "person_reactivate"):
        sent = {"name": "X", "email": "", "role": "agent"}
        answer = client.post(reverse(name, args=[admin.pk]), sent)
        assert answer.status_code == 422, name
    admin.refresh_from_db()
    assert (admin.is_active, admin.must_change_password, admin.role) == (True, False, "admin")


def test_nobody_deactivates_or_demotes_himself(boss: Any, admin: Any) -> None:
    for person in (boss, admin):
        with pytest.raises(NotAllowed, match="outra pessoa"):
            people.deactivate(person, person)
        with pytest.raises(NotAllowed, match="outra pessoa"):
            people.change_role(person, person, Role.AGENT)


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_who_deactivate_each_other_one_stays() -> None:
    pair = [AgentFactory(role=Role.ADMIN), AgentFactory(role=Role.ADMIN)]

    def deactivate(n: int) -> bool:
        try:
            people.deactivate(pair[n], pair[1 - n])
            return True
        except NotAllowed:
            return False
        finally:
            connection.close()

    for _ in range(5):
        Agent.objects.update(is_active=True)
        with ThreadPoolExecutor(2) as both:
            assert sorted(both.map(deactivate, (0, 1))) == [False, True]
        assert Agent.objects.administrators().filter(is_active=True).count() == 1


def test_a_right_that_ended_while_the_request_ran_changes_nobody(boss: Any) -> None:
    ana = AgentFactory()
    type(boss).objects.filter(pk=boss.pk).update(role=Role.AGENT)
    with pytest.raises(NotAllowed, match="supervisão"):
        people.deactivate(boss, ana)
    ana.refresh_from_db()
    assert ana.is_active


def test_a_superuser_who_loses_the_role_is_none_any_more(admin: Any) -> None:
    other = AgentFactory(role=Role.ADMIN, is_superuser=True)
    people.change_role(admin, other, Role.AGENT)
    other.refresh_from_db()
    assert (other.is_superuser, other.is_staff, other.supervises) == (False, False, False)


def test_an_edit_writes_what_differs_and_nothing_else(boss: Any, client: Browser) -> None:
    ana = AgentFactory(first_name="Ana", last_name="Ribeiro", email="ana@painel.example")
    url = reverse("person_edit", args=[ana.pk])
    same = {"name": "Ana Ribeiro", "email": "ana@painel.example", "role": "agent"}
    client.post(url, same)
    assert not AuditEntry.objects.exists()
    client.post(url, same | {"email": "ana.r@painel.example", "role": "supervisor"})
    written = AuditEntry.objects.order_by("id").values_list("verb", "old", "new", "door")
    assert list(written) == [
        ("person.email", "ana@painel.example", "ana.r@painel.example", "page"),
        ("person.role", "Atendente", "Supervisão", "page"),
    ]


def test_agents_have_no_people_page(client: Browser) -> None:
    ana = AgentFactory()
    client.force_login(ana)
    other = AgentFactory()
    for name in ("person_edit", "person_password", "person_deactivate", "person_unlock"):
        assert client.post(reverse(name, args=[other.pk])).status_code == 403
    for name in ("people", "rights", "audit", "audit_export", "person_create"):
        assert client.get(reverse(name)).status_code == 403
    rail = client.get(reverse("account")).content.decode()
    assert reverse("people") not in rail
    assert reverse("admin:index") not in rail


def test_a_locked_person_is_unlocked_by_one_button(boss: Any, client: Browser) -> None:
    ana = AgentFactory(first_name="Ana")
    LoginLimit.objects.create(
        kind=LimitKind.ACCOUNT, key=str(ana.pk), locked_until=timezone.now() + timedelta(hours=1)
    )
    url = reverse("person_unlock", args=[ana.pk])
    page = client.get(reverse("people")).content.decode()
    assert "Bloqueado" in page
    assert url in page
    for _ in range(2):
        assert client.post(url)["HX-Refresh"] == "true"
    assert AuditEntry.objects.filter(verb="login.unlocked", actor=boss).count() == 1
    assert "Bloqueado" not in client.get(reverse("people")).content.decode()


def test_search_and_filters_of_the_people_page(boss: Any, client: Browser) -> None:
    AgentFactory(username="ana.r", first_name="Ana")
    AgentFactory(username="ivo", first_name="Ivo", is_active=False)

    def shown(**query: str) -> set[str]:
        answer = client.get(reverse("people"), query)
        return {person.username for person, _ in answer.context["rows"]}

    assert shown() == {"ana.r", boss.username}
    assert shown(busca="ANA") == {"ana.r"}
    assert shown(papel="supervisor") == {boss.username}
    assert shown(desativados="on", busca="ivo") == {"ivo"}
    bad = {"papel": "zzz", "busca": "x\0" * 300}
    assert client.get(reverse("people"), bad).status_code == 422


def test_people_cost_the_same_for_one_row_and_fifty(
    boss: Any, client: Browser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    url = reverse("people")
    client.get(url)
    with django_assert_num_queries(4):
        client.get(url)
    AgentFactory.create_batch(50)
    with django_assert_num_queries(4):
        assert len(client.get(url).context["rows"]) == 51


def test_changing_the_own_password_keeps_this_log_in_and_ends_the_others() -> None:
    ana = AgentFactory(username="ana")
    ana.set_password("segredo-da-ana")
    ana.save()
    here, elsewhere = Browser(), Browser()
    for browser in (here, elsewhere):
        browser.force_login(ana)
    url = reverse("account_password")
    sent = {"old": "errada", "new": "outra frase minha", "again": "outra frase minha"}
    assert "A senha atual não confere" in here.post(url, sent).content.decode()
    done = here.post(url, sent | {"old": "segredo-da-ana"})
    assert "Senha trocada" in done.content.decode()
    assert here.get(reverse("desk")).status_code == 200
    assert reverse("login") in elsewhere.get(reverse("desk"))["Location"]
    verbs = list(AuditEntry.objects.order_by("id").values_list("verb", flat=True))
    assert verbs == ["login.failed", "password.changed"]


def test_an_open_page_does_not_help_to_guess_the_password() -> None:
    ana = AgentFactory(username="ana")
    ana.set_password("segredo-da-ana")
    ana.save()
    here = Browser()
    here.force_login(ana)
    sent = {"old": "errada", "new": "outra frase minha", "again": "outra frase minha"}
    codes = [here.post(reverse("account_password"), sent).status_code for _ in range(6)]
    assert codes == [422] * 4 + [429] * 2


def test_everybody_changes_his_own_name(client: Browser) -> None:
    ana = AgentFactory(first_name="Ana", last_name="Ribeiro")
    client.force_login(ana)
    url = reverse("account_rename")
    assert client.post(url, {"name": "Ana Maria Ribeiro"}).status_code == 302
    ana.refresh_from_db()
    assert str(ana) == "Ana Maria Ribeiro"
    assert client.post(url, {"name": " "}).status_code == 422
    assert client.post(url, {"name": "x" * 200}).status_code == 422


def test_the_admin_deactivates_and_unlocks_by_the_verbs(boss: Any, client: Browser) -> None:
    ana, root = AgentFactory(), AgentFactory(role=Role.ADMIN)
    url = reverse("admin:accounts_agent_changelist")
    sent = {"action": "deactivate", "_selected_action": [ana.pk, root.pk]}
    page = client.post(url, sent, follow=True).content.decode()
    assert "Só a administração" in page
    ana.refresh_from_db()
    root.refresh_from_db()
    assert (ana.is_active, root.is_active) == (False, True)
    assert AuditEntry.objects.get(verb="person.deactivated").door == "admin"
    form = reverse("admin:accounts_agent_change", args=[ana.pk])
    assert client.post(form, {"role": "admin"}).status_code == 403
    assert client.get(reverse("admin:accounts_agent_add")).status_code == 403


def test_createsuperuser_makes_an_administrator() -> None:
    made = Agent.objects.create_superuser("raiz", "", "uma frase bem longa")
    assert (made.role, made.is_staff, made.is_superuser) == (Role.ADMIN, True, True)


def test_the_admin_has_no_log_in_of_its_own(client: Browser) -> None:
    answer = client.get("/admin/", follow=True)
    assert answer.request["PATH_INFO"] == reverse("login")
    client.force_login(AgentFactory())
    assert client.get("/admin/", follow=True).status_code == 403


def test_the_admin_changes_no_password_past_the_verb(admin: Any, client: Browser) -> None:
    client.force_login(admin)
    assert client.get("/admin/password_change/")["Location"] == reverse("account")
    assert client.post("/admin/password_change/", {"old_password": "x"}).status_code == 302


@pytest.mark.parametrize("table", ["outstandingtoken", "blacklistedtoken"])
def test_the_admin_shows_no_tokens(admin: Any, client: Browser, table: str) -> None:
    client.force_login(admin)
    assert client.get(f"/admin/token_blacklist/{table}/").status_code == 404


def test_a_refused_name_leaves_an_address_that_opens(admin: Any, client: Browser) -> None:
    client.force_login(admin)
    assert client.get(reverse("account_rename"))["Location"] == reverse("account")
