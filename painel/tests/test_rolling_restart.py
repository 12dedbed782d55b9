"""Two web processes behind a proxy are restarted one after the other, under load."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, transaction
from django.test import Client as Browser

from accounts.factories import AgentFactory
from live import announce
from painel.tests.web_process import Socket, WebProcess, free_port, request
from whatsapp.factories import ConversationFactory, MessageFactory
from whatsapp.models import Conversation

pytestmark = pytest.mark.django_db(transaction=True)
AGENTS = 8
GAP = 0.05


class Proxy:
    """Hands each connection to the first process that accepts, as nginx or HAProxy would."""

    def __init__(self, ports: list[int]) -> None:
        self.port, self.ports, self.turn = free_port(), ports, 0

    async def start(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError):
            await self._hand_over(reader, writer)

    async def _hand_over(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.turn += 1
        order = [self.ports[(self.turn + n) % len(self.ports)] for n in range(len(self.ports))]
        for port in order:
            try:
                back, out = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                continue
            await asyncio.gather(_pipe(reader, out), _pipe(back, writer))
            return
        writer.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


class Page:
    """An agent's page: comes back by its cursor whenever its socket is closed."""

    def __init__(self, port: int, cookie: str, conversation: int, cursor: int) -> None:
        self.port, self.cookie, self.conversation = port, cookie, conversation
        self.cursor, self.seen, self.codes = str(cursor), [], []  # type: ignore[var-annotated]

    async def live(self) -> None:
        while True:
            socket = Socket(self.port, "/ws/atendimento/", self.cookie)
            await socket.open()
            socket.hello(tab="pendentes", conversation=self.conversation, since=self.cursor)
            while (frame := await socket.read()) is not None:
                assert 'data-live="reload"' not in frame
                self.seen += [
                    int(pk) for pk in re.findall(r'<li class="msg[^>]* id="m(\d+)"', frame)
                ]
                if found := re.findall(r'id="cursor" value="(\d+)"', frame):
                    self.cursor = found[-1]
            self.codes.append(socket.code)
            await asyncio.sleep(0.1)


class Writer(threading.Thread):
    """Customers who write all the time."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__(daemon=True)
        self.conversation, self.written, self.enough = conversation, [], threading.Event()  # type: ignore[var-annotated]

    def run(self) -> None:
        while not self.enough.wait(GAP):
            with transaction.atomic():
                message = MessageFactory(conversation=self.conversation, body="mais uma")
                message.announce_added()
            self.written.append(message.pk)
        connection.close()


@pytest.fixture
def processes(transactional_db: None, tmp_path: Path) -> Iterator[list[WebProcess]]:
    processes = [WebProcess(tmp_path / f"web{n}.log") for n in range(2)]
    yield processes
    for process in processes:
        process.kill()


def _conversation() -> Conversation:
    """In a house where something has changed before: else pages are told to reload."""
    conversation: Conversation = ConversationFactory()
    conversation.announce_changed()
    return conversation


def _cookie() -> str:
    browser = Browser()
    browser.force_login(AgentFactory())
    return browser.cookies["sessionid"].value


async def _visit(port: int, answers: list[int]) -> None:
    while True:
        answers.append((await request(port, "/entrar/")).status)
        await asyncio.sleep(GAP)


async def _restart(process: WebProcess) -> float:
    asked = time.monotonic()
    process.terminate()
    assert await process.ended(20) == 0
    took = time.monotonic() - asked
    await asyncio.to_thread(process.start)
    return took


async def test_no_agent_loses_a_word_and_no_request_fails(processes: list[WebProcess]) -> None:
    conversation = await sync_to_async(_conversation)()
    cursor = await sync_to_async(announce.cursor)()
    proxy = Proxy([process.port for process in processes])
    server = await proxy.start()
    cookies = [await sync_to_async(_cookie)() for _ in range(AGENTS)]
    pages = [Page(proxy.port, cookie, conversation.pk, cursor) for cookie in cookies]
    answers: list[int] = []
    busy = [asyncio.create_task(page.live()) for page in pages]
    busy.append(asyncio.create_task(_visit(proxy.port, answers)))
    writer = Writer(conversation)
    writer.start()
    await asyncio.sleep(1)
    took = [await _restart(process) for process in processes]
    writer.enough.set()
    await asyncio.to_thread(writer.join)
    until = time.monotonic() + 15
    while any(len({*page.seen}) < len(writer.written) for page in pages):
        assert time.monotonic() < until
        await asyncio.sleep(0.1)
    broken = [task.exception() for task in busy if task.done()]
    for task in busy:
        task.cancel()
    server.close()
    assert not broken
    for page in pages:
        assert list(dict.fromkeys(page.seen)) == writer.written
        assert {*page.codes} <= {4503}
    assert sum(len(page.codes) for page in pages) >= AGENTS
    assert {*answers} == {200}
    assert len(answers) > 20
    assert len(writer.written) > 50
    assert max(took) < 10
