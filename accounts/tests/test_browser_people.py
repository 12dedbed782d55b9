"""The people page by the keyboard alone, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from accounts.factories import AgentFactory, SupervisorFactory
from accounts.models import Agent
from atendimento.tests.conftest import context, desk_url, page_of  # noqa: F401  (fixtures)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def _focused(page: Page) -> str:
    script = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText"
    return str(page.evaluate(script))


def _tab_to(page: Page, name: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if name in _focused(page):
            return
    pytest.fail(f"{name} is not reached by Tab")


def test_a_person_is_made_and_deactivated_by_keyboard(
    desk_url: str,  # noqa: F811
    page_of: Callable[[Any], Page],  # noqa: F811
) -> None:
    AgentFactory(first_name="Ana", last_name="Ribeiro", username="ana")
    page = page_of(SupervisorFactory())
    page.goto(f"{desk_url}/ajustes/pessoas/")
    _tab_to(page, "Nova pessoa")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]")
    page.keyboard.type("Gabriela Souto")
    page.keyboard.press("Tab")
    page.keyboard.type("ana")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open] [aria-invalid]")
    assert page.input_value("[name=name]") == "Gabriela Souto"
    page.keyboard.press("Control+a")
    page.keyboard.type("gabriela")
    page.keyboard.press("Enter")
    secret = page.inner_text("#senha-provisoria")
    assert Agent.objects.get(username="gabriela").check_password(secret)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert secret not in page.content()
    _tab_to(page, "Desativar Ana Ribeiro")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog[open]", state="detached")
    assert _focused(page) == "Desativar Ana Ribeiro"
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert not Agent.objects.get(username="ana").is_active
