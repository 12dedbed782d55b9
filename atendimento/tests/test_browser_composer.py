from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.factories import AgentFactory
from whatsapp.factories import ConversationFactory
from whatsapp.models import Conversation, Message
from whatsapp.models.writing import MAX_TEXT

pytestmark = pytest.mark.browser


def test_a_paste_that_is_too_long_stays_whole_until_it_is_shortened(
    desk_url: str, page_of: Callable[[Any], Page]
) -> None:
    conversation: Conversation = ConversationFactory()
    ana = AgentFactory()
    conversation.claim(ana)
    page = page_of(ana)
    write = reverse("write", args=[conversation.pk])
    page.goto(desk_url + reverse("conversation", args=[conversation.pk]))
    # An emoji counts as one, as on the server.
    text = "😀" * (MAX_TEXT - 3) + "FIM"
    sent = Message.objects.filter(direction="out")
    field = page.locator("#texto-msg")
    field.focus()
    page.keyboard.insert_text(f"{text}!")
    page.keyboard.press("Enter")
    expect(field).to_have_value(f"{text}!")
    assert "divida em partes" in field.evaluate("box => box.validationMessage")
    assert not sent.exists()
    page.keyboard.press("Backspace")
    with page.expect_response(lambda answer: answer.url.endswith(write)):
        page.keyboard.press("Enter")
    expect(field).to_have_value("")
    expect(page.locator(".msg").last).to_contain_text("FIM")
    assert sent.get().body == text
