from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.factories import AgentFactory
from clients.models import Client
from live import announce
from whatsapp.factories import ClientFactory, ConversationFactory
from whatsapp.models import Conversation

pytestmark = pytest.mark.browser


@pytest.fixture
def ana(db: None) -> Any:
    return AgentFactory(first_name="Ana")


@pytest.fixture
def show(desk_url: str, ana: Any, page_of: Callable[[Any], Page]) -> Callable[[Conversation], Page]:
    def shown(conversation: Conversation) -> Page:
        page = page_of(ana)
        page.goto(desk_url + reverse("conversation", args=[conversation.pk]))
        return page

    return shown


def _known(**facts: Any) -> Conversation:
    conversation: Conversation = ConversationFactory(contact__client=ClientFactory(**facts))
    return conversation


def _change(conversation: Conversation, **facts: Any) -> None:
    """As a colleague's page would."""
    client = conversation.contact.client
    assert client is not None
    with transaction.atomic():
        Client.objects.filter(pk=client.pk).update(**facts)
        announce.client_changed(client.pk)


@pytest.mark.parametrize("way", ["button", "Escape"])
def test_the_form_of_a_new_client_closes_and_gives_the_focus_back(
    show: Callable[[Conversation], Page], way: str
) -> None:
    page = show(ConversationFactory())
    page.focus("#cadastrar")
    page.keyboard.press("Enter")
    expect(page.locator("#id_name")).to_be_focused()
    page.keyboard.type("Padaria")
    if way == "button":
        page.click("[data-cancel]")
    else:
        page.keyboard.press("Escape")
    expect(page.locator("#cadastrar")).to_be_focused()
    expect(page.locator("form#cliente")).to_have_count(0)
    assert not Client.objects.exists()


def test_what_was_typed_is_not_selected_when_a_form_comes_back(
    show: Callable[[Conversation], Page],
) -> None:
    page = show(_known())
    page.click("#editar-cnpj")
    expect(page.locator("#id_cnpj")).to_be_focused()
    page.keyboard.type("11")
    page.keyboard.press("Enter")
    expect(page.locator("#fato-cnpj .field__error")).to_be_visible()
    expect(page.locator("#id_cnpj")).to_be_focused()
    page.keyboard.type("222333000181")
    expect(page.locator("#id_cnpj")).to_have_value("11222333000181")
    page.keyboard.press("Enter")
    expect(page.locator("#fato-cnpj")).to_contain_text("11.222.333/0001-81")
    expect(page.locator("#editar-cnpj")).to_be_focused()


def test_a_field_being_edited_stays_when_others_change_it(
    show: Callable[[Conversation], Page],
) -> None:
    conversation = _known(email="velho@sol.test")
    page = show(conversation)
    page.click("#editar-email")
    expect(page.locator("#id_email")).to_be_focused()
    page.keyboard.type("meu@sol.test")
    _change(conversation, email="dela@sol.test")
    line = page.locator("#fato-email .facts__changed")
    expect(line).to_contain_text("mudou este campo.")
    expect(line.locator("strong")).to_be_hidden()
    line.get_by_role("button", name="Ver").click()
    expect(line.locator("strong")).to_be_visible()
    expect(line).to_contain_text("Agora: dela@sol.test")
    expect(page.locator("#id_email")).to_be_focused()
    expect(page.locator("#id_email")).to_have_value("meu@sol.test")
    page.keyboard.press("Escape")
    expect(page.locator("#fato-email dd")).to_contain_text("dela@sol.test")


def test_a_change_of_another_field_says_nothing_and_shows_afterwards(
    show: Callable[[Conversation], Page],
) -> None:
    conversation = _known(email="velho@sol.test")
    page = show(conversation)
    page.click("#editar-email")
    expect(page.locator("#id_email")).to_be_focused()
    page.wait_for_timeout(300)
    _change(conversation, name="Padaria Lua")
    page.wait_for_timeout(1500)
    expect(page.locator(".facts__changed")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("#fato-name")).to_contain_text("Padaria Lua")


def test_a_save_that_came_too_late_keeps_the_text_and_the_focus(
    show: Callable[[Conversation], Page],
) -> None:
    conversation = _known(email="velho@sol.test")
    page = show(conversation)
    page.click("#editar-email")
    expect(page.locator("#id_email")).to_be_focused()
    client = conversation.contact.client
    assert client is not None
    client.edit(AgentFactory(first_name="Fábio"), {"email": "dele@sol.test"})
    page.keyboard.type("meu@sol.test")
    page.keyboard.press("Enter")
    expect(page.locator("#conflito-email")).to_contain_text("mudou este campo para dele@sol.test")
    expect(page.locator("#id_email")).to_be_focused()
    page.keyboard.type(".br")
    expect(page.locator("#id_email")).to_have_value("meu@sol.test.br")
    page.click("text=Salvar o meu")
    expect(page.locator("#fato-email")).to_contain_text("meu@sol.test.br")


def test_a_flag_and_a_stage_keep_the_focus(show: Callable[[Conversation], Page]) -> None:
    page = show(_known())
    page.focus("#ficha-has_debt")
    page.keyboard.press("Enter")
    expect(page.locator("#ficha-has_debt")).to_contain_text("Sim")
    expect(page.locator("#ficha-has_debt")).to_be_focused()
    page.focus("#avancar")
    page.keyboard.press("Enter")
    expect(page.locator(".stage")).to_contain_text("2 de 6")
    expect(page.locator("#avancar")).to_be_focused()


def test_finishing_by_keyboard_leaves_the_focus_on_reopen(
    show: Callable[[Conversation], Page], ana: Any
) -> None:
    conversation = _known()
    conversation.claim(ana)
    page = show(conversation)
    page.focus("#b-finalizar")
    page.keyboard.press("Enter")
    expect(page.locator("#finalizar input").first).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("#b-reabrir")).to_be_focused()
