from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client as Browser
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.address import address_of
from accounts.factories import AgentFactory
from accounts.models import AuditEntry, LimitKind, LoginLimit

pytestmark = pytest.mark.django_db
RIGHT = "segredo-da-casa"
JSON = "application/json"


@pytest.fixture
def ana() -> Any:
    return _person("ana")


def _person(name: str) -> Any:
    agent = AgentFactory(username=name, first_name=name.title())
    agent.set_password(RIGHT)
    agent.save()
    return agent


def _enter(name: str, password: str, address: str = "198.51.100.7") -> int:
    sent = {"username": name, "password": password}
    return Browser(REMOTE_ADDR=address).post(reverse("login"), sent).status_code


def _wait(**passed: int) -> None:
    """As if so much time had gone by for the limits."""
    for limit in LoginLimit.objects.all():
        limit.since -= timedelta(**passed)
        limit.locked_until = limit.locked_until and limit.locked_until - timedelta(**passed)
        limit.save()


def test_the_right_password_comes_in_and_is_recorded(ana: Any) -> None:
    assert _enter("ana", RIGHT) == 302
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.actor, entry.door) == ("login.done", ana, "page")
    assert entry.address == "198.51.100.7"


def test_a_name_comes_in_by_any_spelling_in_unicode() -> None:
    _person("josé")
    assert _enter("jose\u0301", RIGHT) == 302
    assert _enter("ｊｏｓé", RIGHT) == 302


def test_thirty_wrong_passwords_from_thirty_addresses_lock_the_name(ana: Any) -> None:
    codes = [_enter("ana", "errada", f"198.51.100.{n}") for n in range(30)]
    assert codes[:4] == [200] * 4
    assert set(codes[4:]) == {429}
    assert _enter("ana", RIGHT, "203.0.113.1") == 429


def test_eight_wrong_from_the_office_lock_no_colleague(ana: Any) -> None:
    _person("bruno")
    for _ in range(8):
        _enter("ana", "errada", "192.0.2.10")
    assert _enter("bruno", RIGHT, "192.0.2.10") == 302


def test_thirty_names_from_one_address_lock_the_address_only(ana: Any) -> None:
    codes = [_enter(f"nome{n}", "errada", "192.0.2.66") for n in range(31)]
    assert codes[:29] == [200] * 29
    assert codes[29:] == [429, 429]
    assert _enter("ana", RIGHT, "192.0.2.66") == 429
    assert _enter("ana", RIGHT, "192.0.2.67") == 302
    _wait(minutes=16)
    assert _enter("ana", RIGHT, "192.0.2.66") == 302


def test_waits_grow_from_one_minute_to_fifteen(ana: Any) -> None:
    for _ in range(5):
        _enter("ana", "errada")
    waits = []
    for _ in range(6):
        limit = LoginLimit.objects.get(kind=LimitKind.ACCOUNT)
        assert limit.locked_until is not None
        waits.append(round((limit.locked_until - timezone.now()).total_seconds() / 60))
        _wait(minutes=waits[-1] + 1)
        _enter("ana", "errada", "203.0.113.9")
        LoginLimit.objects.filter(kind=LimitKind.ADDRESS).delete()
    assert waits == [1, 2, 4, 8, 15, 15]


def test_who_knocks_while_it_is_locked_makes_no_wait_longer(ana: Any) -> None:
    for _ in range(5):
        _enter("ana", "errada")
    until = LoginLimit.objects.get(kind=LimitKind.ACCOUNT).locked_until
    for n in range(20):
        _enter("ana", "errada", f"203.0.113.{n}")
    assert LoginLimit.objects.get(kind=LimitKind.ACCOUNT).locked_until == until
    _wait(minutes=2)
    assert _enter("ana", RIGHT) == 302
    assert _enter("ana", "errada") == 200


def test_the_locked_page_says_until_when_and_whom_to_ask(ana: Any, client: Browser) -> None:
    sent = {"username": "ana", "password": "errada"}
    for _ in range(5):
        answer = client.post(reverse("login"), sent)
    page = answer.content.decode()
    until = LoginLimit.objects.get(kind=LimitKind.ACCOUNT).locked_until
    assert until is not None
    assert f"{timezone.localtime(until + timedelta(seconds=59)):%H:%M}" in page
    assert "peça à supervisão para desbloquear" in page
    assert 1 <= int(answer["Retry-After"]) <= 60


def test_pages_and_tokens_share_one_count(ana: Any, client: Browser) -> None:
    for _ in range(3):
        _enter("ana", "errada")
    sent = {"username": "ana", "password": "errada"}
    codes = [client.post("/api/token/", sent, JSON).status_code for _ in range(2)]
    assert codes == [401, 429]
    locked = client.post("/api/token/", {"username": "ana", "password": RIGHT}, JSON)
    assert locked.status_code == 429
    assert "supervisão" in locked.json()["message"]
    assert _enter("ana", RIGHT) == 429


def test_a_name_without_account_locks_alike(ana: Any) -> None:
    codes = [_enter("ninguem", "errada", f"198.51.100.{n}") for n in range(6)]
    assert codes == [200] * 4 + [429] * 2
    assert _enter("ｎｉｎｇｕｅｍ", "errada") == 429


def test_a_password_typed_into_the_name_is_written_nowhere(ana: Any) -> None:
    for _ in range(6):
        _enter("minha-senha-secreta", "errada")
    kept = [str(list(row)) for row in AuditEntry.objects.values_list()]
    kept += [str(list(row)) for row in LoginLimit.objects.values_list()]
    assert kept
    assert not [row for row in kept if "minha-senha" in row]
    assert AuditEntry.objects.filter(verb="login.failed", label="nome desconhecido").count() == 5


def test_failed_log_ins_name_the_account_and_the_address(ana: Any) -> None:
    for _ in range(5):
        _enter("ana", "errada")
    failed = AuditEntry.objects.filter(verb="login.failed")
    assert [(one.actor, one.object_id, one.address) for one in failed] == [
        (None, ana.pk, "198.51.100.7")
    ] * 5
    assert AuditEntry.objects.get(verb="login.locked").object_id == ana.pk


def test_a_command_unlocks_a_person_and_an_address(ana: Any) -> None:
    for n in range(30):
        _enter("ana" if n < 5 else f"nome{n}", "errada")
    out = StringIO()
    call_command("desbloquear", "ana", endereco="198.51.100.7", stdout=out)
    assert out.getvalue().count("desbloqueado.") == 2
    assert _enter("ana", RIGHT) == 302
    assert AuditEntry.objects.get(verb="login.unlocked").door == "command"


@pytest.mark.parametrize("name", ["x" * 300, "ana\0", "😀" * 150, "'; --", "\u202e" + "ana"])
@pytest.mark.parametrize("password", ["errada", "y" * 5000, "\0"])
def test_no_name_or_password_breaks_the_log_in(ana: Any, name: str, password: str) -> None:
    answer = Browser().post(reverse("login"), {"username": name, "password": password})
    assert answer.status_code in (200, 422, 429)
    assert "field__error" in answer.content.decode()
    sent = {"username": name, "password": password}
    assert Browser().post("/api/token/", sent, JSON).status_code in (400, 401, 429)


def test_a_body_of_a_megabyte_is_refused_in_words(ana: Any) -> None:
    answer = Browser().post(reverse("login"), {"username": "x" * 1_000_000, "password": "y"})
    assert answer.status_code == 200
    assert "no máximo 150" in answer.content.decode()


def test_addresses_are_those_that_declared_proxies_saw(rf: RequestFactory, settings: Any) -> None:
    forged = "203.0.113.99"
    for proxies, forwarded, address in (
        (0, forged, "127.0.0.1"),
        (1, "203.0.113.5", "203.0.113.5"),
        (1, f"{forged}, 203.0.113.5", "203.0.113.5"),
        (1, "2001:db8:1:2:3::4", "2001:db8:1:2::"),
        (1, "::ffff:203.0.113.5", "203.0.113.5"),
        (1, "nada", "nada"),
        (2, f"{forged}, 203.0.113.5, 10.0.0.1", "203.0.113.5"),
        # Past the proxies: fewer addresses than they would have written.
        (2, forged, "127.0.0.1"),
    ):
        settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": proxies}
        assert address_of(rf.get("/", headers={"X-Forwarded-For": forwarded})) == address


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_no_more_than_the_free_tries_are_checked(ana: Any) -> None:
    def enter(n: int) -> int:
        try:
            return _enter("ana", "errada", f"198.51.100.{n}")
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as strangers:
        codes = list(strangers.map(enter, range(20)))
    assert AuditEntry.objects.filter(verb="login.failed").count() == 5
    assert codes.count(429) == 16
