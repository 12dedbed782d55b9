"""SIGTERM to a real web process, with requests and sockets in flight."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.test import Client as Browser

from accounts.factories import AgentFactory
from accounts.models import Agent
from live.listen import where
from painel.tests.settings import QuickerHasher
from painel.tests.web_process import Answer, Socket, WebProcess, request

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "uma-senha-bem-longa"
MANY = 50


@pytest.fixture
def process(transactional_db: None, tmp_path: Path) -> Iterator[WebProcess]:
    process = WebProcess(tmp_path / "web.log")
    yield process
    process.kill()


def _agents(count: int) -> list[Agent]:
    encoded = QuickerHasher().encode(PASSWORD, "salt")
    return [AgentFactory(password=encoded) for _ in range(count)]


def _cookie(agent: Agent) -> str:
    browser = Browser()
    browser.force_login(agent)
    return browser.cookies["sessionid"].value


async def _log_in(process: WebProcess, agent: Agent) -> Answer:
    form = {"username": agent.username, "password": PASSWORD}
    return await request(process.port, "/entrar/", form)


async def _last_code(socket: Socket) -> int | None:
    while await socket.read() is not None:
        continue
    return socket.code


async def test_what_is_in_flight_is_answered_and_sockets_are_sent_elsewhere(
    process: WebProcess,
) -> None:
    agents = await sync_to_async(_agents)(MANY)
    sockets = []
    for agent in agents:
        cookie = await sync_to_async(_cookie)(agent)
        sockets.append(Socket(process.port, "/ws/atendimento/", cookie))
        await sockets[-1].open()
        sockets[-1].hello(tab="pendentes", since="0")
    logins = [asyncio.create_task(_log_in(process, agent)) for agent in agents]
    closed = [asyncio.create_task(_last_code(socket)) for socket in sockets]
    await asyncio.sleep(0.2)
    asked = time.monotonic()
    assert sum(login.done() for login in logins) < MANY / 2
    process.terminate()
    await asyncio.sleep(0.5)
    assert not process.accepts()
    answers, codes = await asyncio.gather(asyncio.gather(*logins), asyncio.gather(*closed))
    assert await process.ended(25) == 0
    assert time.monotonic() - asked < 20
    assert [answer.status for answer in answers] == [302] * MANY
    assert all("sessionid=" in answer.headers["set-cookie"] for answer in answers)
    assert codes == [4503] * MANY
    assert "Traceback" not in process.log.read_text()


async def _unfinished(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A request whose body never comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /entrar/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\n")
    await writer.drain()
    return reader, writer


async def test_what_never_ends_is_given_up_after_the_bound(tmp_path: Path) -> None:
    process = WebProcess(tmp_path / "web.log", DRAIN_SECONDS="2")
    try:
        reader, writer = await _unfinished(process.port)
        asked = time.monotonic()
        process.terminate()
        assert await process.ended(10) == 0
        assert 2 <= time.monotonic() - asked < 6
        assert await reader.read() == b""
        writer.close()
        assert "1 requests unanswered" in process.log.read_text()
    finally:
        process.kill()


async def test_a_request_that_waits_for_postgresql_does_not_keep_the_process(
    tmp_path: Path,
) -> None:
    process = WebProcess(tmp_path / "web.log", DRAIN_SECONDS="2")
    try:
        with psycopg.connect(**where()) as locking:
            locking.execute("LOCK TABLE accounts_agent IN ACCESS EXCLUSIVE MODE")
            stuck = asyncio.create_task(request(process.port, "/entrar/", {"username": "ana"}))
            await asyncio.sleep(0.5)
            process.terminate()
            assert await process.ended(15) == 0
        stuck.cancel()
    finally:
        process.kill()


async def test_a_second_signal_ends_at_once(process: WebProcess) -> None:
    _, writer = await _unfinished(process.port)
    process.terminate()
    await asyncio.sleep(0.5)
    assert process.process.poll() is None
    process.terminate()
    await process.ended(1)
    writer.close()


async def test_a_connection_that_is_kept_alive_is_closed_after_its_answer(
    process: WebProcess,
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", process.port)
    head = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    writer.write(head)
    first = (await reader.readuntil(b"}")).lower()
    process.terminate()
    await asyncio.sleep(0.1)
    writer.write(head)
    second = (await reader.read()).lower()
    assert b"connection: close" not in first
    assert b"200 ok" in second
    assert b"connection: close" in second
    assert await process.ended(5) == 0
