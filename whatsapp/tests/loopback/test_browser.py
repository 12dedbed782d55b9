from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, Route, expect, sync_playwright

from accounts.factories import AgentFactory
from accounts.models import Role
from painel.embedded import Embedded
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
        self.collect_static()
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """As in production, but for TLS: no page of Django's own may hide what ours say."""
        environment = self.house.environment()
        del environment["HTTPS_PROXY"], environment["SSL_CERT_FILE"]
        mine = {"SECRET_KEY": settings.SECRET_KEY, "ALLOWED_HOSTS": "127.0.0.1", "HTTPS": "0"}
        return environment | mine | {"DEBUG": "0"}

    def collect_static(self) -> None:
        kept = self.house.keepsake
        if not (kept / "static").exists():
            command = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v", "0"]
            environment = self.environment() | {"PAINEL_VAR": str(kept)}
            subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=True)
        (self.house.folder / "static").symlink_to(kept / "static")

    def start(self) -> None:
        command = [sys.executable, "-m", "daphne", "-p", str(self.port), "-v", "0"]
        self.process = subprocess.Popen(
            [*command, "painel.asgi:application"],
            env=self.environment(),
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
def site(house: House) -> Iterator[Site]:
    site = Site(house)
    yield site
    site.kill()


@pytest.fixture
def problems() -> Iterator[list[str]]:
    """What pages complained of: nothing, unless the test forgives it."""
    found: list[str] = []
    yield found
    assert not found


@pytest.fixture
def open_page(chromium: str, problems: list[str]) -> Iterator[Callable[[], Page]]:
    """Opens a page of a browser of its own, as each agent has one."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGS)

        def opened() -> Page:
            page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="pt-BR")
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.on("console", lambda line: _note(problems, line.type, line.text))
            return page

        yield opened
        browser.close()


@pytest.fixture
def page(open_page: Callable[[], Page]) -> Page:
    return open_page()


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


def _enter(page: Page, site: Site, name: str = "Ana", role: Role = Role.AGENT) -> None:
    agent = AgentFactory(username=name.lower(), first_name=name, role=role)
    agent.set_password("segredo")
    agent.save()
    page.goto(f"{site.url}/")
    page.fill("#id_username", agent.username)
    page.fill("#id_password", "segredo")
    page.click("button[type=submit]")


def _open(page: Page, site: Site, text: str) -> None:
    """Ana's page, with the conversation of a customer who wrote *text*."""
    house = site.house
    house.server.write(house.customer(), house.company, text)
    conversation = house.until_message(text).conversation
    _enter(page, site)
    page.goto(f"{site.url}/atendimento/c/{conversation.pk}/")


def test_a_number_is_linked_on_its_page_and_answers_its_first_customer(
    house: House, site: Site, page: Page
) -> None:
    house.start()
    _enter(page, site, "Fábio", Role.SUPERVISOR)
    page.goto(f"{site.url}/numeros/")
    number = page.locator(f"#numero-{house.session.pk}")
    expect(number).to_contain_text("Nunca conectado")
    number.get_by_role("button", name="Gerar QR").click()
    expect(page.locator(".pair__qr svg")).to_be_visible(timeout=20_000)
    expect(page.locator("[data-seconds]")).to_have_text(re.compile(r"^\d+$"))
    house.server.scan(house.company, house.now().qr)
    expect(number).to_contain_text("Recebendo e enviando mensagens", timeout=40_000)

    marina = house.customer()
    house.server.write(marina, house.company, "Bom dia")
    page.goto(f"{site.url}/atendimento/")
    expect(page.locator("[data-figure=pending]").first).to_have_text("1", timeout=10_000)
    page.click("#assumir-proxima")
    expect(page.locator("#texto-msg")).to_be_focused()
    page.keyboard.type("Bom dia, Marina")
    page.keyboard.press("Enter")
    expect(page.locator(".msg--out .tick--entregue")).to_be_visible(timeout=10_000)
    house.server.read(marina, house.company)
    expect(page.locator(".msg--out .tick--lido")).to_be_visible(timeout=10_000)
    assert [bubble.text for bubble in marina.inbox()] == ["Bom dia, Marina"]

    page.goto(f"{site.url}/numeros/")
    number.get_by_role("button", name="Desconectar").click()
    page.locator("#confirmar").get_by_role("button", name="Confirmar").click()
    expect(number).to_contain_text("Desvinculado pelo painel", timeout=20_000)
    page.goto(f"{site.url}/atendimento/")
    page.keyboard.press("2")
    page.click(".conv")
    expect(page.locator(".msg--out")).to_contain_text("Bom dia, Marina")


def test_two_browsers_show_the_same_conversation(
    paired: House, site: Site, open_page: Callable[[], Page]
) -> None:
    marina = paired.customer()
    paired.server.write(marina, paired.company, "quem me atende?")
    conversation = paired.until_message("quem me atende?").conversation
    ana, bruno = open_page(), open_page()
    for page, name in ((ana, "Ana"), (bruno, "Bruno")):
        _enter(page, site, name)
        page.goto(f"{site.url}/atendimento/c/{conversation.pk}/")
        expect(page.locator(".composer__lock")).to_contain_text("Ninguém assumiu")
    ana.keyboard.press("a")
    expect(ana.locator("#texto-msg")).to_be_focused()
    expect(bruno.locator(".composer__lock")).to_contain_text("Ana Souza está com esta conversa")
    expect(bruno.locator(".sys")).to_contain_text("Ana Souza assumiu")
    ana.keyboard.type("sou eu")
    ana.keyboard.press("Enter")
    for page in (ana, bruno):
        expect(page.locator(".msg--out .tick--entregue")).to_have_count(1, timeout=10_000)
    expect(bruno.locator(".msg--out .msg__author")).to_contain_text("Ana Souza")
    paired.server.read(marina, paired.company)
    paired.server.write(marina, paired.company, "obrigada")
    for page in (ana, bruno):
        expect(page.locator(".msg--out .tick--lido")).to_have_count(1, timeout=10_000)
        expect(page.locator(".msg--in")).to_have_count(2)


def test_an_answer_slower_than_the_socket_paints_nothing_old(
    paired: House, site: Site, page: Page
) -> None:
    def slowly(route: Route) -> None:
        answer = route.fetch()
        time.sleep(2)
        route.fulfill(response=answer)

    _open(page, site, "rápido?")
    page.click("#t-assumir")
    expect(page.locator("#texto-msg")).to_be_focused()
    page.route("**/mensagens/", slowly)
    page.keyboard.type("rápido")
    with page.expect_response("**/mensagens/"):
        page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    expect(page.locator(".msg--out")).to_have_count(1)
    expect(page.locator(".msg--out .tick--entregue")).to_have_count(1)


def test_a_message_that_failed_says_why_and_is_sent_again(
    paired: House, site: Site, page: Page
) -> None:
    marina = paired.customer()
    _open(page, site, "recebem?")
    page.wait_for_load_state()
    page.keyboard.press("a")
    expect(page.locator("#texto-msg")).to_be_focused()
    paired.company.faults.ack_error, paired.company.faults.ack_errors = "463", 1
    page.keyboard.type("recusada")
    page.keyboard.press("Enter")
    expect(page.locator(".msg__fail")).to_contain_text("limite de conversas novas", timeout=10_000)
    page.click(".msg__fail >> text=Reenviar")
    expect(page.locator(".msg--out .tick--entregue")).to_be_visible(timeout=10_000)
    assert [bubble.text for bubble in marina.inbox()] == ["recusada"]


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
    _open(page, site, "quero um plano")
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
    page.click(f"#conv-{conversation.pk} .conv")
    for n in range(12):
        paired.server.write(paired.customer(), paired.company, f"linha {n}")
    expect(page.locator(".msg--in").last).to_contain_text("linha 11")
    page.set_viewport_size({"width": 390, "height": 480})  # the keyboard opens
    expect(page.locator(".msg--in").last).to_be_in_viewport()
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide


def test_a_killed_web_process_loses_nothing_that_was_typed(
    paired: House, site: Site, page: Page
) -> None:
    marina = paired.customer()
    _open(page, site, "primeira")
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


def test_a_page_says_that_the_database_is_away_and_loses_nothing(
    paired: House, database_server: Embedded, site: Site, page: Page, problems: list[str]
) -> None:
    marina = paired.customer()
    _open(page, site, "antes")
    page.click("#t-assumir")
    expect(page.locator("#texto-msg")).to_be_focused()
    database_server.stop()
    expect(page.locator("#sem-banco")).to_be_visible(timeout=10_000)
    page.keyboard.type("escrita sem banco")
    page.keyboard.press("Enter")
    expect(page.locator("#alertas")).to_contain_text("não conseguiu guardar", timeout=10_000)
    paired.server.write(marina, paired.company, "chegou sem banco")
    database_server.start()
    expect(page.locator(".msg--in", has_text="chegou sem banco")).to_be_visible(timeout=30_000)
    expect(page.locator("#sem-banco")).to_have_count(0)
    expect(page.locator(".msg--out .tick--entregue")).to_have_count(1, timeout=30_000)
    assert [bubble.text for bubble in marina.inbox()] == ["escrita sem banco"]
    problems[:] = [one for one in problems if "503" not in one]
