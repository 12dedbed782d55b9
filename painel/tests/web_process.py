"""A real web process on 127.0.0.1, and the two things that browsers do with it."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings

from live.listen import where

TOKEN = "t" * 32
START = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def database_url() -> str:
    """The database of the test that runs."""
    known = where()
    login = f"{known.get('user', '')}:{known.get('password', '')}"
    host = str(known.get("host", "")).replace("/", "%2F")
    return f"postgres://{login}@/{known['dbname']}?host={host}&port={known.get('port', '')}"


class WebProcess:
    """`python -m painel.web` as in production but for TLS; its log is kept in *log*."""

    def __init__(self, log: Path, **environment: str) -> None:
        self.port, self.log = free_port(), log
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "painel.tests.settings",
            "DATABASE_URL": database_url(),
            "DEBUG": "0",
            "HTTPS": "0",
            "SECRET_KEY": settings.SECRET_KEY,
            "ALLOWED_HOSTS": "127.0.0.1",
            **environment,
        }
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "painel.web", "-b", "127.0.0.1", "-p", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=settings.BASE_DIR, env=self.environment, stderr=log, stdout=log
            )
        until = time.monotonic() + START
        while not self.accepts():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.1)

    def accepts(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    async def ended(self, seconds: float) -> int:
        return await asyncio.to_thread(self.process.wait, seconds)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: str


async def request(
    port: int,
    path: str,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """GET, or POST with the cookie and token that Django wants, over a connection of its own.
    Raises OSError or asyncio.IncompleteReadError when it breaks before the answer is whole."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(_head_and_body(port, path, form, headers or {}))
        head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        pairs = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
        size = int(pairs.get("content-length", "0"))
        body = (await reader.readexactly(size)).decode()
        return Answer(int(head[0].split()[1]), pairs, body)
    finally:
        writer.close()


def _head_and_body(
    port: int, path: str, form: Mapping[str, str] | None, headers: Mapping[str, str]
) -> bytes:
    body = urlencode(form).encode() if form is not None else b""
    known = {"Host": f"127.0.0.1:{port}", **headers}
    if form is not None:
        known |= {
            "Cookie": f"csrftoken={TOKEN}; {headers.get('Cookie', '')}",
            "X-CSRFToken": TOKEN,
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(len(body)),
        }
    lines = [f"{'GET' if form is None else 'POST'} {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in known.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Refused(Exception):
    """The handshake was answered with this HTTP status."""


class Socket:
    """A page's websocket. `code` is the close code once `read` has returned None."""

    def __init__(self, port: int, path: str, cookie: str = "") -> None:
        self.port, self.path, self.cookie = port, path, cookie
        self.code: int | None = None

    async def open(self) -> None:
        """Raises OSError, asyncio.IncompleteReadError or Refused."""
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", self.port, limit=1 << 22
        )
        key = base64.b64encode(os.urandom(16)).decode()
        self.writer.write(
            f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Origin: http://127.0.0.1:{self.port}\r\nCookie: sessionid={self.cookie}\r\n"
            "\r\n".encode()
        )
        head = await self.reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head.splitlines()[0]:
            raise Refused(head.splitlines()[0].decode())

    def say(self, text: str | bytes, opcode: int = 1) -> None:
        payload = text.encode() if isinstance(text, str) else text
        size = len(payload)
        if size < 126:
            head = bytes((0x80 | opcode, 0x80 | size))
        elif size < 1 << 16:
            head = bytes((0x80 | opcode, 0x80 | 126)) + size.to_bytes(2, "big")
        else:
            head = bytes((0x80 | opcode, 0x80 | 127)) + size.to_bytes(8, "big")
        self.writer.write(head + bytes(4) + payload)

    def hello(self, **look: object) -> None:
        self.say(json.dumps(look))

    async def read(self) -> str | None:
        """The next text; None when the socket is closed (`code` 1006: without a word)."""
        try:
            while True:
                opcode, payload = await self._frame()
                if opcode == 8:
                    self.code = int.from_bytes(payload[:2], "big") or 1005
                    self.say(payload, 8)
                    self.writer.close()
                    return None
                if opcode == 9:
                    self.say(payload, 10)
                elif opcode in (1, 2):
                    return payload.decode()
        except (asyncio.IncompleteReadError, ConnectionError):
            self.code = 1006
            self.writer.close()
            return None

    async def _frame(self) -> tuple[int, bytes]:
        head = await self.reader.readexactly(2)
        size = head[1] & 127
        if size > 125:
            size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
        return head[0] & 15, await self.reader.readexactly(size)
