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


def test_a_day_at_the_desk_without_leaving_the_page(paired: House, site: Site, page: Page) -> None:
    marina = paired.customer()
    otavio = paired.customer("Otávio Reis", "5511990010002")
    paired.server.write(marina, paired.company, "sou a primeira")
    first = paired.until_message("sou a primeira").conversation
    paired.server.write(otavio, paired.company, "sou o segundo")
    second = paired.until_message("sou o segundo").conversation
    _enter(page, site)
    page.goto(f"{site.url}/atendimento/?aba=pendentes")
    expect(page.locator(".conv").first).to_contain_text("sou a primeira")
    page.evaluate("window.stayed = true")

    page.click(f"#conv-{first.pk} .conv")
    expect(page).to_have_url(f"{site.url}/atendimento/c/{first.pk}/")
    page.keyboard.press("a")
    expect(page.locator("#texto-msg")).to_be_focused()
    expect(page.locator(f"#conv-{first.pk}")).to_have_count(0)
    for text in ("um", "dois", "três"):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    expect(page.locator(".msg--out .tick--entregue")).to_have_count(3, timeout=15_000)
    assert [bubble.text for bubble in marina.inbox()] == ["um", "dois", "três"]

    # What belongs to another conversation is not painted over the open one.
    page.fill("#texto-msg", "um rascunho")
    page.click(f"#conv-{second.pk} .conv")
    expect(page.locator("#mensagens")).to_contain_text("sou o segundo")
    paired.server.write(marina, paired.company, "e o preço?")
    paired.until_message("e o preço?")
    paired.server.write(otavio, paired.company, "esqueci: bom dia")
    expect(page.locator("#mensagens")).to_contain_text("esqueci: bom dia")
    expect(page.locator("#mensagens")).not_to_contain_text("e o preço?")
    page.keyboard.press("2")
    expect(page.locator(f"#conv-{first.pk}")).to_contain_text("Rascunho:")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#texto-msg")).to_have_value("um rascunho")
    assert page.evaluate("window.stayed")


def test_the_card_is_edited_row_by_row(paired: House, site: Site, page: Page) -> None:
    paired.server.write(paired.customer(), paired.company, "quero um plano")
    conversation = paired.until_message("quero um plano").conversation
    _enter(page, site)
    page.goto(f"{site.url}/atendimento/c/{conversation.pk}/")
    page.click("#cadastrar")
    expect(page.locator("#id_name")).to_be_focused()
    page.fill("#id_name", "Padaria Sol")
    page.fill("#id_cnpj", "11.222.333/0001-81")
    page.keyboard.press("Enter")
    expect(page.locator("#chat-title")).to_have_text("Padaria Sol")
    page.click("#editar-email")
    expect(page.locator("#id_email")).to_be_focused()
    page.keyboard.type("compras@sol.test")
    page.keyboard.press("Enter")
    expect(page.locator("#fato-email")).to_contain_text("compras@sol.test")
    expect(page.locator("#editar-email")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#id_email")).to_be_focused()
    page.keyboard.type("outro")
    page.keyboard.press("Escape")
    expect(page.locator("#fato-email")).to_contain_text("compras@sol.test")
    page.click("#avancar")
    expect(page.locator(".stage")).to_contain_text("Qualificação")


def test_one_pane_at_a_time_on_a_phone(paired: House, site: Site, page: Page) -> None:
    paired.server.write(paired.customer(), paired.company, "oi do celular")
    conversation = paired.until_message("oi do celular").conversation
    page.set_viewport_size({"width": 390, "height": 844})
    _enter(page, site)
    page.goto(f"{site.url}/atendimento/?aba=pendentes")
    page.click(f"#conv-{conversation.pk} .conv")
    expect(page.locator("#thread")).to_be_visible()
    expect(page.locator("#conv-list")).to_be_hidden()
    page.click(".chat-head__open")
    expect(page.locator("#cliente")).to_be_visible()
    page.go_back()
    expect(page.locator("#thread")).to_be_visible()
    page.click(".chat-head [data-view-to=lista]")
    expect(page.locator("#conv-list")).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide


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
