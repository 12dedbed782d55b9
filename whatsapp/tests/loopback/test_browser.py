from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect, sync_playwright

from atendimento.factories import AgentFactory
from whatsapp.tests.loopback.conftest import House

pytestmark = [pytest.mark.loopback, pytest.mark.browser]
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic"]


class Site:
    """The web process, which a test may kill and start again."""

    def __init__(self, house: House) -> None:
        self.house = house
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        environment = {**self.house.environment(), "DEBUG": "1"}
        del environment["HTTPS_PROXY"], environment["SSL_CERT_FILE"]
        command = [sys.executable, "-m", "daphne", "-p", str(self.port), "-v", "0"]
        self.process = subprocess.Popen(
            [*command, "painel.asgi:application"],
            env=environment,
            cwd=settings.BASE_DIR,
            stderr=(self.house.folder / "worker-web.log").open("ab"),
        )
        self.house.until(self._answers, 30)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/entrar/", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture(autouse=True)
def _orm_beside_playwright(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright's sync API runs an event loop in this thread; the ORM is used all the same."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def site(paired: House) -> Iterator[Site]:
    site = Site(paired)
    yield site
    site.kill()


@pytest.fixture
def page(site: Site, chromium: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="pt-BR")
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: _note(problems, line.type, line.text))
        yield page
        browser.close()
    assert not problems


def _note(problems: list[str], kind: str, text: str) -> None:
    """A server that is down may be complained about (htmx logs lost requests, and the bare event
    of a lost socket); a broken rule may not."""
    lost = (
        "ERR_CONNECTION",
        "WebSocket",
        "[object Event]",
        "htmx:sendError",
        "htmx:afterRequest, [object HTMLDivElement]",
    )
    if kind == "error" and not any(words in text for words in lost):
        problems.append(text)


def _enter(page: Page, site: Site) -> None:
    agent = AgentFactory(username="ana", first_name="Ana")
    agent.set_password("segredo")
    agent.save()
    page.goto(f"{site.url}/")
    page.fill("#id_username", "ana")
    page.fill("#id_password", "segredo")
    page.click("button[type=submit]")


def test_a_message_is_seen_answered_and_read_in_the_browser(
    paired: House, site: Site, page: Page, tmp_path: Path
) -> None:
    marina = paired.customer()
    _enter(page, site)
    page.goto(f"{site.url}/atendimento/?aba=pendentes")
    expect(page.locator("#conv-list .conv")).to_have_count(0)

    # Live: the row appears without a reload.
    paired.server.write(marina, paired.company, "Bom dia, fazem proposta?")
    page.click("#conv-list .conv")
    expect(page.locator(".msg--in")).to_have_text(re.compile("fazem proposta"))
    page.wait_for_load_state()
    page.keyboard.press("a")
    page.fill("#texto-msg", "Fazemos, *sim*")
    page.keyboard.press("Enter")
    expect(page.locator("#texto-msg")).to_have_value("")
    expect(page.locator(".msg--out .tick--entregue")).to_be_visible(timeout=10_000)
    paired.server.read(marina, paired.company)
    expect(page.locator(".msg--out .tick--lido")).to_be_visible(timeout=10_000)
    expect(page.locator(".msg--out")).to_have_count(1)

    paired.server.type(marina, paired.company)
    expect(page.locator("#digitando")).to_be_visible()
    page.screenshot(path=str(tmp_path / "conversa.png"))


def test_a_killed_web_process_loses_nothing_that_was_typed(
    paired: House, site: Site, page: Page
) -> None:
    marina = paired.customer()
    paired.server.write(marina, paired.company, "primeira")
    conversation = paired.until_message("primeira").conversation
    _enter(page, site)
    page.goto(f"{site.url}/atendimento/c/{conversation.pk}/")
    page.wait_for_load_state()
    page.click(".composer__lock .btn--primary")
    expect(page.locator("#texto-msg")).to_be_visible()
    page.fill("#texto-msg", "escrita sem servidor")
    site.kill()
    expect(page.locator("#sem-ligacao")).to_be_visible(timeout=10_000)
    page.press("#texto-msg", "Enter")
    page.fill("#texto-msg", "rascunho")
    paired.server.write(marina, paired.company, "chegou no meio")
    paired.until_message("chegou no meio")
    site.start()
    expect(page.locator(".msg--in", has_text="chegou no meio")).to_be_visible(timeout=40_000)
    expect(page.locator(".msg--out .tick--entregue")).to_be_visible(timeout=40_000)
    expect(page.locator("#texto-msg")).to_have_value("rascunho")
    time.sleep(1)
    assert [bubble.text for bubble in marina.inbox()] == ["escrita sem servidor"]
    expect(page.locator(".msg--out")).to_have_count(1)
