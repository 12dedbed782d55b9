from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.db import connection, transaction
from django.utils import timezone

from accounts.factories import AgentFactory, SupervisorFactory
from atendimento.live.hub import Hub
from atendimento.tests.pages import cookie_of
from live import announce, retention
from live.feed import FeedReader
from live.models import Change
from painel.asgi import sockets
from whatsapp.factories import ConversationFactory, MessageFactory, SessionFactory
from whatsapp.models import Conversation, Message

pytestmark = pytest.mark.django_db(transaction=True)


def _announce_a_number() -> None:
    announce.session_changed(SessionFactory().pk)


@pytest_asyncio.fixture(autouse=True)
async def _lived_in() -> AsyncIterator[None]:
    """A house in which something has changed before; its hub ends with the test's loop."""
    await sync_to_async(_announce_a_number)()
    yield
    await FeedReader.stop_all()


class Browser:
    """A page's socket: keeps the cursor, and what it was told."""

    def __init__(self, agent: Any, **look: Any) -> None:
        self.agent, self.look, self.cursor, self.frames = agent, look, 0, []  # type: ignore[var-annotated]

    async def open(self) -> None:
        cookie = await sync_to_async(cookie_of)(self.agent)
        headers = [(b"cookie", f"sessionid={cookie}".encode()), (b"origin", b"http://127.0.0.1")]
        self.socket = WebsocketCommunicator(sockets, "/ws/atendimento/", headers)
        assert (await self.socket.connect())[0]
        hello = {"tab": "pendentes", **self.look, "since": str(self.cursor)}
        await self.socket.send_to(text_data=json.dumps(hello))

    async def read(self, seconds: float = 0.3) -> str:
        """All that comes until there was nothing for *seconds*."""
        text = ""
        while True:
            try:
                frame = await self.socket.receive_from(timeout=seconds)
            except (TimeoutError, asyncio.CancelledError):
                # The tester cancels the application when it waits in vain.
                return text
            self.frames.append(frame)
            text += frame
            if found := re.search(r'id="cursor" value="(\d+)"', frame):
                self.cursor = int(found[1])

    async def until(self, words: str) -> None:
        """Read on until *words* come, and leave the socket open."""
        while words not in (frame := await self.socket.receive_from(timeout=3)):
            continue
        self.cursor = int(re.findall(r'id="cursor" value="(\d+)"', frame)[-1])

    async def close(self) -> None:
        await self.socket.disconnect()


def _ids(text: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'<li class="msg[^>]* id="m(\d+)"', text)]


def _say(conversation: Conversation, text: str) -> Message:
    with transaction.atomic():
        message: Message = MessageFactory(conversation=conversation, body=text)
        message.announce_added()
        conversation.announce_changed()
    return message


async def test_only_those_who_may_see_a_number_hear_of_it() -> None:
    ana, other = await sync_to_async(AgentFactory)(), await sync_to_async(AgentFactory)()
    closed = await sync_to_async(SessionFactory)()
    await sync_to_async(closed.agents.add)(other)
    conversation = await sync_to_async(ConversationFactory)(session=closed)
    watching = [Browser(agent, conversation=conversation.pk) for agent in (ana, other)]
    for browser in watching:
        await browser.open()
    await asyncio.sleep(0.5)
    await sync_to_async(_say)(conversation, "segredo")
    await sync_to_async(announce.contact_typing)(conversation.pk, closed.pk, "composing")
    heard = [await browser.read(1) for browser in watching]
    assert "segredo" not in heard[0]
    assert "typing" not in heard[0]
    assert "segredo" in heard[1]
    assert "typing" in heard[1]


async def test_every_message_of_four_writers_is_heard_over_cut_sockets() -> None:
    agent = await sync_to_async(SupervisorFactory)()
    conversation = await sync_to_async(ConversationFactory)()
    browser = Browser(agent, conversation=conversation.pk)
    browser.cursor = await sync_to_async(announce.cursor)()
    done = threading.Event()

    def write(number: int) -> None:
        for n in range(60):
            with transaction.atomic():
                message = MessageFactory(conversation=conversation, body=f"{number}-{n}")
                message.announce_added()
                connection.cursor().execute("SELECT pg_sleep(%s)", [0.002 * (number + n % 4)])
        connection.close()

    threads = [threading.Thread(target=write, args=[n]) for n in range(4)]
    for thread in threads:
        thread.start()

    def wait() -> None:
        for thread in threads:
            thread.join()
        done.set()

    threading.Thread(target=wait).start()
    heard: set[int] = set()
    while not done.is_set():
        await browser.open()
        heard.update(_ids(await browser.read(0.15)))
    await browser.open()
    heard.update(_ids(await browser.read(1.5)))
    written = await sync_to_async(
        lambda: set(Message.objects.filter(body__contains="-").values_list("pk", flat=True))
    )()
    assert len(written) == 240
    assert written <= heard


@pytest.mark.parametrize("cut", [False, True])
async def test_a_large_batch_that_commits_late_is_heard(cut: bool) -> None:
    """Its ids were given long before those that everybody has seen already."""
    agent = await sync_to_async(SupervisorFactory)()
    conversation, busy = await sync_to_async(ConversationFactory.create_batch)(2)
    begun, finish = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            MessageFactory(conversation=conversation, body="devagar").announce_added()
            begun.set()
            finish.wait(5)
        connection.close()

    browser = Browser(agent, conversation=conversation.pk)
    browser.cursor = await sync_to_async(announce.cursor)()
    await browser.open()
    while not Hub.of_this_loop().sockets:
        await asyncio.sleep(0.01)
    late = asyncio.create_task(asyncio.to_thread(slow))
    await asyncio.to_thread(begun.wait, 5)
    changes = [Change(kind="conversation_changed", conversation_id=busy.pk)] * 400
    await sync_to_async(announce.announce)(changes)
    await browser.until(f"conv-{busy.pk}")
    if cut:
        await browser.close()
    finish.set()
    await late
    if cut:
        await browser.open()
    await browser.until("devagar")


async def test_a_page_that_slept_too_long_is_reloaded(settings: Any) -> None:
    settings.CHANGE_RETENTION_HOURS = 48
    browser = Browser(await sync_to_async(SupervisorFactory)())
    browser.cursor = await sync_to_async(announce.cursor)()
    conversation = await sync_to_async(ConversationFactory)()
    for _ in range(2):
        await sync_to_async(conversation.announce_changed)()
    now = await sync_to_async(announce.cursor)()
    await sync_to_async(Change.objects.update)(at=timezone.now() - timedelta(hours=49))
    await sync_to_async(retention.prune_changes)()
    assert await Change.objects.acount() == 1
    await browser.open()
    await browser.until('data-live="reload"')
    browser.cursor = now
    await browser.open()
    assert await browser.read(0.5) == ""


async def test_a_gap_too_large_reloads_the_page() -> None:
    agent = await sync_to_async(SupervisorFactory)()
    browser = Browser(agent)
    browser.cursor = await sync_to_async(announce.cursor)()
    await sync_to_async(
        lambda: Change.objects.bulk_create(Change(kind="session_changed") for _ in range(900))
    )()
    await browser.open()
    assert 'data-live="reload"' in await browser.read(1)


async def test_nonsense_from_a_browser_is_ignored() -> None:
    agent = await sync_to_async(AgentFactory)()
    browser = Browser(agent, tab="x", filter=[], session="1e9", conversation="-1", words="\x00")
    browser.cursor = 10**16
    await browser.open()
    await browser.socket.send_to(text_data="{not json")
    assert await browser.read(0.5) == ""
