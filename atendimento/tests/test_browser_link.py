from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session as LogIn
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Page, WebSocketRoute, expect

from accounts.factories import AgentFactory
from whatsapp import live
from whatsapp.factories import ConversationFactory, MessageFactory
from whatsapp.models import Conversation

pytestmark = pytest.mark.browser
BEAT = '<template data-live="beat"></template>'


class Wire:
    """The way between the page and the real server, which a test may cut or make deaf."""

    def __init__(self) -> None:
        self.sockets: list[WebSocketRoute] = []
        self.deaf = False
        self.hellos = 0

    def __call__(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda message: None if self.deaf else socket.send(message))

        def greet(message: str | bytes) -> None:
            self.hellos += 1
            server.send(message)

        socket.on_message(greet)
        self.sockets.append(socket)

    def beat(self) -> None:
        self.sockets[-1].send(BEAT)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def conversation(db: None) -> Any:
    return ConversationFactory()


@pytest.fixture
def page(
    desk_url: str, conversation: Conversation, page_of: Callable[[Any], Page], wire: Wire
) -> Page:
    """The desk with a conversation open, its socket standing, and a clock that can be moved."""
    page = page_of(AgentFactory(first_name="Ana"))
    page.clock.install()
    page.route_web_socket("**/ws/atendimento/", wire)
    page.goto(desk_url + reverse("conversation", args=[conversation.pk]))
    _until(page, lambda: wire.hellos == 1)
    return page


def _until(page: Page, condition: Callable[[], bool]) -> None:
    for _ in range(80):
        if condition():
            return
        page.wait_for_timeout(100)
    pytest.fail("waited in vain")


def _say(conversation: Conversation, text: str) -> None:
    with transaction.atomic():
        live.message_added(MessageFactory(conversation=conversation, body=text))


def test_a_socket_that_fell_silent_is_left_and_nothing_is_missed(
    page: Page, wire: Wire, conversation: Conversation
) -> None:
    wire.beat()
    page.wait_for_timeout(200)
    wire.deaf = True
    _say(conversation, "dita ao vento")
    page.wait_for_timeout(1000)
    expect(page.get_by_text("dita ao vento")).to_have_count(0)
    wire.deaf = False
    page.clock.fast_forward(40_000)  # as when the computer slept
    expect(page.get_by_text("Conexão de volta.")).to_be_visible()
    expect(page.get_by_text("dita ao vento")).to_be_visible()
    expect(page.locator("#sem-ligacao")).to_have_count(0)
    assert len(wire.sockets) == 2


def test_a_server_that_never_beats_is_not_judged(page: Page, wire: Wire) -> None:
    page.clock.fast_forward(120_000)
    page.wait_for_timeout(500)
    assert len(wire.sockets) == 1


@pytest.mark.parametrize("code", [4408, 4503])
def test_a_page_that_was_too_slow_comes_back_at_once(
    page: Page, wire: Wire, conversation: Conversation, code: int
) -> None:
    wire.sockets[-1].close(code=code)
    page.clock.run_for(1100)
    _until(page, lambda: len(wire.sockets) == 2)
    _say(conversation, "depois do corte")
    expect(page.get_by_text("depois do corte")).to_be_visible()
    expect(page.locator("#sem-ligacao")).to_have_count(0)


def test_a_server_that_always_cuts_is_asked_less_and_less(page: Page, wire: Wire) -> None:
    for steps in (1_100, 1_300, 2_500, 6_100):
        known = len(wire.sockets)
        wire.sockets[-1].close(code=4503)
        page.clock.run_for(steps)
        _until(page, lambda known=known: len(wire.sockets) == known + 1)  # type: ignore[misc]
    wire.sockets[-1].close(code=4503)
    page.clock.run_for(7_000)
    expect(page.locator("#sem-ligacao")).to_contain_text("Nova tentativa em")
    assert len(wire.sockets) == 5
    page.get_by_role("button", name="Tentar agora").click()
    _until(page, lambda: len(wire.sockets) == 6)


@pytest.mark.parametrize("code", [1000, 3000])
def test_a_page_comes_back_after_any_other_code(page: Page, wire: Wire, code: int) -> None:
    wire.sockets[-1].close(code=code)
    page.clock.run_for(1300)
    _until(page, lambda: len(wire.sockets) == 2)


def test_a_log_in_that_ended_is_said_and_not_asked_again(page: Page, wire: Wire) -> None:
    LogIn.objects.all().delete()
    wire.sockets[-1].close(code=4503)
    page.clock.run_for(1100)
    expect(page.locator("#sessao-expirada")).to_contain_text("Sua sessão expirou.")
    page.clock.run_for(60_000)
    page.wait_for_timeout(300)
    assert len(wire.sockets) == 2
    expect(page.locator("#sessao-expirada")).to_be_visible()
