"""The page from which a person acts as the customers, and the command that serves it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from playwright.sync_api import Page, expect, sync_playwright

from loopback.control import FAULTS, Control
from whatsapp.models import Delivery, State
from whatsapp.tests.loopback.conftest import House

pytestmark = [pytest.mark.loopback, pytest.mark.browser]
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic"]


@pytest.fixture(autouse=True)
def _orm_beside_playwright(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def control(shared: House) -> Iterator[Control]:
    shared.customer()
    control = Control(shared.server)
    yield control
    control.stop()


@pytest.fixture
def page(control: Control, chromium: str) -> Iterator[Page]:
    problems: list[str] = []
    with sync_playwright() as playwright:
        # Playwright's event loop gives this thread connections of their own, which nobody closes:
        # an earlier test's may be dead, and ours would keep the test database from being dropped.
        connections.close_all()
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGS)
        page = browser.new_page(locale="pt-BR")
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(control.address)
        yield page
        browser.close()
        connections.close_all()
    assert not problems


def test_written_on_the_page_it_arrives_and_the_answer_comes_back(
    shared: House, page: Page
) -> None:
    page.get_by_role("button", name="Marina Duarte").click()
    page.get_by_role("textbox", name="Mensagem").fill("Escrevo pela página <b>")
    page.keyboard.press("Enter")
    message = shared.until_message("Escrevo pela página <b>")
    assert message.conversation.contact.push_name == "Marina Duarte"
    expect(page.locator("li.meu")).to_have_text(re.compile("Escrevo pela página <b>  ✓✓"))

    message.conversation.write(None, "Resposta do painel", "resposta")
    expect(page.locator("li:not(.meu)")).to_have_text("Resposta do painel")
    page.get_by_role("button", name="Marina Duarte").click()
    shared.until_message("Resposta do painel", Delivery.READ)


def test_a_fault_chosen_on_the_page_happens_and_heals(shared: House, page: Page) -> None:
    logins = shared.company.logins
    page.get_by_label("Provocar").select_option("erro-503")
    shared.until(lambda: shared.company.logins > logins)
    shared.until_state(State.ONLINE)
    offered = page.locator("#falha option").evaluate_all("all => all.map((one) => one.value)")
    assert set(offered) == {"", *FAULTS}


def test_nonsense_gets_an_error_in_words_and_no_other_site_may_ask(control: Control) -> None:
    for path, body in (
        ("falha", {"falha": "nenhuma"}),
        ("escrever", {"cliente": "0", "texto": "oi"}),
        ("escrever", ["uma lista"]),
        ("cair", {"falha": "cair"}),
    ):
        status, answer = _post(control.address + path, body)
        assert (status, json.loads(answer)["erro"]) == (400, "Pedido inválido.")
    for code in ("isto não é um código", "ref,A,A,A", "ref,%,%,%"):
        status, answer = _post(control.address + "parear", {"codigo": code})
        assert (status, json.loads(answer)["erro"]) == (
            400,
            "Isto não é um código de pareamento do WhatsApp.",
        )
    assert _post(control.address + "ler", {}, kind="text/plain")[0] == 415
    assert _post(control.address + "ler", {}, host="evil.example")[0] == 403


def _post(
    url: str, body: object, kind: str = "application/json", host: str = ""
) -> tuple[int, bytes]:
    headers = {"Content-Type": kind} | ({"Host": host} if host else {})
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_the_command_explains_itself_and_keeps_its_world(tmp_path: Path) -> None:
    for _ in range(2):
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "loopback"]
        process = subprocess.Popen(
            [*command, "--state-dir", str(tmp_path), "--number", "5511911119999"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        said = ""
        while "Ctrl-C" not in said:
            said += process.stdout.readline()
        for name in ("HTTPS_PROXY", "SSL_CERT_FILE", "WA_LOOPBACK_ROOT", "PYTHONPATH"):
            assert f"export {name}=" in said
        url = re.findall(r"http://127\.0\.0\.1:\d+/", said)[-1]
        with urllib.request.urlopen(f"{url}estado", timeout=5) as answer:
            state = json.load(answer)
        assert [company["numero"] for company in state["empresas"]] == ["5511911119999"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert (tmp_path / "world.pickle").stat().st_mode & 0o077 == 0
