"""What tests of the desk's sockets share: a page's socket to a real daphne, and what happens."""

from __future__ import annotations

import re
from typing import Any

from django.db import transaction
from django.test import Client as Browser

from accounts.models import Agent
from live import announce
from live.tests.daphne import Daphne
from live.tests.websocket import Socket
from whatsapp.factories import MessageFactory
from whatsapp.models import Conversation, Message


def cookie_of(agent: Agent) -> str:
    """The cookie of a new log-in."""
    browser = Browser()
    browser.force_login(agent)
    return browser.cookies["sessionid"].value


class Page:
    """A browser's page as far as its socket goes: says hello, and remembers the cursor."""

    def __init__(self, web: Daphne, agent: Agent, **look: Any) -> None:
        self.web, self.look = web, look
        self.cookie = cookie_of(agent)
        self.cursor = announce.cursor()
        self.socket = self.open()

    def open(self) -> Socket:
        """Connect and say hello with the cursor."""
        self.socket = self.web.connect("/ws/atendimento/", Cookie=f"sessionid={self.cookie}")
        self.hello(self.cursor)
        return self.socket

    def hello(self, since: int) -> None:
        self.socket.send({"tab": "pendentes", **self.look, "since": str(since)})

    def joined(self) -> None:
        """Wait until the hub has taken us in: from then on nothing needs to be replayed."""
        announce.session_changed(0)
        self.socket.until('id="faixa"')

    def heard(self, seconds: float = 1) -> str:
        """All that comes until there was nothing for *seconds*."""
        text = self.socket.all(seconds)
        if found := re.findall(r'id="cursor" value="(\d+)"', text):
            self.cursor = int(found[-1])
        return text


def say(conversation: Conversation, text: str, **more: Any) -> Message:
    """The customer writes."""
    with transaction.atomic():
        message: Message = MessageFactory(conversation=conversation, body=text, **more)
        Conversation.objects.filter(pk=conversation.pk).update(
            last_message=message, last_message_at=message.at
        )
        message.announce_added()
        conversation.announce_changed()
    return message
