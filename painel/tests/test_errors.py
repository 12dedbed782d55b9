"""Pages and notices of errors, as with production's settings."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.test import Client as Browser
from django.urls import reverse

from accounts.factories import AgentFactory
from atendimento.views import desk
from painel import errors, log_filters
from painel.tests.web_process import WebProcess, request

HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser(db: None) -> Browser:
    """Somebody logged in, whose server answers errors instead of raising them."""
    browser = Browser(raise_request_exception=False)
    browser.force_login(AgentFactory())
    return browser


def _text(answer: Any) -> str:
    return str(answer.content.decode())


def test_403_says_whose_page_it_is(browser: Browser) -> None:
    answer = browser.get(reverse("numbers"))
    assert answer.status_code == 403
    assert "Esta página é da supervisão" in _text(answer)
    assert "Seu acesso é de atendente" in _text(answer)
    assert 'class="rail"' in _text(answer)


def test_404_says_why_it_may_be(browser: Browser) -> None:
    for address in ("/nada/", "/atendimento/c/999999/"):
        answer = browser.get(address)
        assert answer.status_code == 404
        assert "de um número que você não atende" in _text(answer)
        assert 'class="rail"' in _text(answer)


def test_pages_are_ours_under_debug_as_well(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.DEBUG = True
    assert "você não atende" in _text(browser.get("/atendimento/c/999999/"))
    _raise(monkeypatch, OperationalError("connection refused"))
    assert "fora do ar" in _text(browser.get(reverse("desk")))


@pytest.mark.django_db
def test_404_of_a_stranger_shows_nothing_of_the_house(client: Browser) -> None:
    answer = client.get("/nada/<script>/")
    assert answer.status_code == 404
    assert 'class="rail"' not in _text(answer)
    assert "<script>" not in _text(answer).replace("<script src", "").replace(
        '<script type="module" src', ""
    )


def _raise(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Have the desk's page fail: no page of ours is known to."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(desk, "queue_of", fail)


def test_500_has_a_number_that_is_in_the_log_and_blames_no_database(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _raise(monkeypatch, RuntimeError("a bug"))
    caplog.handler.addFilter(log_filters.WithOccurrence())
    answer = browser.get(reverse("desk"))
    assert answer.status_code == 500
    found = re.search(r"ocorrência (\w{4}-\w{4})", _text(answer))
    assert found
    assert any(found[1] in record.getMessage() for record in caplog.records)
    assert "banco" not in _text(answer)


def test_503_stands_alone_and_comes_back(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    _raise(monkeypatch, OperationalError("connection refused"))
    answer = browser.get(reverse("desk"))
    assert answer.status_code == 503
    assert answer["Retry-After"] == str(errors.RETRY_SECONDS)
    assert f'content="{errors.RETRY_SECONDS}; url=/atendimento/"' in _text(answer)
    assert "ficam guardadas" in _text(answer)


def test_400_is_a_page(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    _raise(monkeypatch, SuspiciousOperation("nonsense"))
    answer = browser.get(reverse("desk"))
    assert answer.status_code == 400
    assert "não entendeu este pedido" in _text(answer)


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (RuntimeError("a bug"), 500, "Ocorrência"),
        (OperationalError("connection refused"), 503, errors.AWAY),
        (SuspiciousOperation("nonsense"), 400, errors.NOT_UNDERSTOOD),
    ],
)
def test_htmx_gets_a_notice_with_the_same_status(
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    words: str,
) -> None:
    _raise(monkeypatch, error)
    answer = browser.get(reverse("desk"), headers=HTMX)
    assert answer.status_code == status
    assert words in _text(answer)
    assert 'data-live="notice"' in _text(answer)
    assert "<html" not in _text(answer)


def test_htmx_is_told_what_is_gone_and_what_is_not_his(browser: Browser) -> None:
    gone = browser.get("/atendimento/c/999999/", headers=HTMX)
    assert (gone.status_code, errors.GONE in _text(gone)) == (404, True)
    others = browser.get(reverse("numbers"), headers=HTMX)
    assert (others.status_code, "da supervisão" in _text(others)) == (403, True)


@pytest.mark.django_db
def test_no_page_of_an_error_has_anything_inline(client: Browser) -> None:
    for page in (client.get("/nada/"), client.post(reverse("login"), {})):
        assert not re.search(r"<style|<script(?![^>]* src=)| style=| on\w+=", _text(page))
        assert "script-src 'self'" in page["Content-Security-Policy"]


def _strict() -> Browser:
    return Browser(enforce_csrf_checks=True)


def test_a_form_without_its_cookies_says_that_the_session_ended(db: None) -> None:
    answer = _strict().post(reverse("claim_next"))
    assert answer.status_code == 403
    assert "Sua sessão terminou" in _text(answer)
    htmx = _strict().post(reverse("claim_next"), headers=HTMX)
    assert htmx.status_code == 401
    assert 'data-live="expired"' in _text(htmx)


def test_a_form_with_a_session_but_an_old_token_says_reload(db: None) -> None:
    browser = _strict()
    browser.force_login(AgentFactory())
    answer = browser.post(reverse("claim_next"))
    assert answer.status_code == 403
    assert "Recarregue" in _text(answer)
    htmx = browser.post(reverse("claim_next"), headers=HTMX)
    assert (htmx.status_code, "Recarregue" in _text(htmx)) == (403, True)


def test_a_log_in_without_cookies_says_that_they_are_needed(db: None) -> None:
    answer = _strict().post(reverse("login"), {"username": "ana", "password": "x"})
    assert "não guardou o cookie" in _text(answer)


async def test_without_postgresql_every_answer_comes_at_once(tmp_path: Path) -> None:
    """Also for who has a session; health checks do not even ask."""
    process = WebProcess(tmp_path / "web.log", DATABASE_URL="postgres://a:b@/c?host=/nowhere")
    try:
        cookie = {"Cookie": "sessionid=abcdefghijklmnop"}
        await request(process.port, "/atendimento/", headers=cookie)
        alive = await _times(process, "/healthz", cookie, 200)
        away = await _times(process, "/atendimento/", cookie, 503)
        assert alive < 0.1
        assert away < 0.2
        assert "Traceback" not in process.log.read_text()
    finally:
        process.kill()


async def _times(process: WebProcess, path: str, headers: dict[str, str], status: int) -> float:
    """The median seconds of ten requests, all with this status."""
    took = []
    for _ in range(10):
        begun = time.monotonic()
        assert (await request(process.port, path, headers=headers)).status == status
        took.append(time.monotonic() - begun)
    return sorted(took)[5]
