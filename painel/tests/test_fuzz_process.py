"""Made headers and socket messages at a real web process: what no test client can send."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client as Browser
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.factories import AgentFactory
from accounts.models import Role
from painel.tests import hostile
from painel.tests.web_process import Socket, WebProcess
from whatsapp.factories import ConversationFactory

pytestmark = pytest.mark.django_db(transaction=True)

# Ours; and the WebSocket's own for messages that are too large.
ALLOWED = {4401, 4404, 4408, 4503, 1009}
HEADERS = (
    b"Content-Type: text/plain; charset=zlib",
    b"Content-Type: a/b; charset=unicode_escape",
    b"Content-Type: application/x-www-form-urlencoded; charset=utf-16",
    b"Content-Type: \xff",
    b'Cookie: sessionid="a\\000bcdefgh"',
    b"Cookie: sessionid=\0",
    b"Cookie: " + b"x=y; " * 5000,
    b"Host: [",
    b"Host: \xff",
    b"Host:",
    b"X-Forwarded-For: \xff, " + b"1" * 5000,
    b"Transfer-Encoding: x",
    b"Content-Length: -1",
    b"Content-Length: 9" + b"9" * 30,
    b"Expect: 100-continue",
    b"\xff: x",
    b"a b: c",
    b"Upgrade: x",
    b"Daphne-Root-Path: /%ff",
)
PATHS = (
    b"/atendimento/",
    b"/entrar/",
    b"/%ff/%00",
    b"/?q=\xff",
    b"/\xff",
    b"//[",
    b"*",
    b"/" * 9000,
)
once = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


@pytest.fixture
def process(transactional_db: None, tmp_path: Path) -> Iterator[WebProcess]:
    process = WebProcess(tmp_path / "web.log")
    yield process
    process.kill()
    assert "Traceback" not in process.log.read_text()


@pytest.fixture
def cookie(transactional_db: None) -> str:
    ConversationFactory().announce_changed()
    browser = Browser()
    browser.force_login(AgentFactory())
    return browser.cookies["sessionid"].value


async def _status(port: int, path: bytes, header: bytes) -> int:
    """Of the answer; 0 when the connection was closed without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [b"GET " + path + b" HTTP/1.1", header, b"Connection: close"]
    if not header.startswith(b"Host"):
        lines.append(b"Host: 127.0.0.1")
    writer.write(b"\r\n".join([*lines, b"", b""]))
    try:
        line = await asyncio.wait_for(reader.readline(), 2)
    except (TimeoutError, ConnectionError):
        line = b""
    writer.close()
    return int(line.split()[1]) if line else 0


def test_no_header_and_no_path_is_answered_with_500(process: WebProcess) -> None:
    for path, header in [(PATHS[0], one) for one in HEADERS] + [(one, b"A: b") for one in PATHS]:
        assert asyncio.run(_status(process.port, path, header)) < 500, (path, header)

    @once
    @given(
        name=st.sampled_from((b"Cookie", b"Accept", b"HX-Target", b"Content-Type", b"Origin")),
        value=st.binary(max_size=40).filter(lambda made: b"\r" not in made and b"\n" not in made),
    )
    def thrown(name: bytes, value: bytes) -> None:
        assert asyncio.run(_status(process.port, PATHS[0], name + b": " + value)) < 500

    thrown()


def _opcode(message: bytes) -> int:
    """Text where it is text: for any other, autobahn drops the connection as the RFC wants."""
    try:
        message.decode()
    except UnicodeDecodeError:
        return 2
    return 1


async def _outcome(socket: Socket, message: bytes, after: dict[str, str]) -> int:
    """The code it was closed with; 0 when it still answers."""
    await socket.open()
    socket.say(message, _opcode(message))
    socket.hello(**after)
    heard = await asyncio.wait_for(socket.read(), 10)
    socket.writer.close()
    return socket.code or 0 if heard is None else 0


def test_the_desks_socket_stays_usable(process: WebProcess, cookie: str) -> None:
    @once
    @given(message=hostile.hellos())
    def thrown(message: bytes) -> None:
        socket = Socket(process.port, "/ws/atendimento/", cookie)
        outcome = asyncio.run(_outcome(socket, message, {"since": "1"}))
        assert outcome == 0 or outcome in ALLOWED

    thrown()


def test_the_event_streams_socket_closes_in_order(process: WebProcess) -> None:
    @once
    @given(message=hostile.hellos(), query=hostile.queries())
    def thrown(message: bytes, query: str) -> None:
        # twisted drops a request line of more than 16,384 bytes before anybody of ours sees it.
        socket = Socket(process.port, f"/ws/api/vendas-sp/?cursor={query[:15_000]}")
        after = {"type": "auth", "token": "x"}
        assert asyncio.run(_outcome(socket, message, after)) in ALLOWED

    thrown()


async def test_a_socket_nobody_has_is_closed_as_not_found(process: WebProcess) -> None:
    for path in ("/ws/zzz/", "/ws/", "/ws/api/", "/ws/api/%00/", "/nada", "/%ff"):
        socket = Socket(process.port, path)
        await socket.open()
        assert await socket.read() is None
        assert (path, socket.code) == (path, 4404)


async def test_a_cookie_with_nul_is_nobodys(process: WebProcess) -> None:
    socket = Socket(process.port, "/ws/atendimento/", '"a\\000bcdefgh"')
    await socket.open()
    assert await socket.read() is None
    assert socket.code == 4401


def test_a_filter_of_the_admin_holds_no_nul(process: WebProcess) -> None:
    browser = Browser()
    browser.force_login(AgentFactory(role=Role.ADMIN, is_superuser=True, is_staff=True))
    cookie = f"Cookie: sessionid={browser.cookies['sessionid'].value}".encode()
    for query in (b"status__exact=%00", b"q=%00", b"name%00=1"):
        path = b"/admin/whatsapp/session/?" + query
        assert asyncio.run(_status(process.port, path, cookie)) in (200, 302), query
