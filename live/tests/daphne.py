"""A web process as in production, and sockets to it that speak the protocol themselves: what a fake
transport accepts, a real one may refuse."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from django.conf import settings

from live.listen import where


class Daphne:
    """daphne on a port of its own, over this test's database, or over what stands before it."""

    def __init__(
        self, application: str = "painel.asgi:application", database: str = "", *options: str
    ) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = Path(tempfile.mkstemp(prefix="daphne-", suffix=".log")[1])
        command = [sys.executable, "-m", "daphne", "-p", str(self.port), "-v", "0"]
        command += ["--websocket_timeout", "-1", *options, application]
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "painel.settings",
            "DATABASE_URL": database or database_url(),
            "DEBUG": "0",
            "HTTPS": "0",
            "SECRET_KEY": settings.SECRET_KEY,
            "ALLOWED_HOSTS": "127.0.0.1",
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, env=environment, cwd=settings.BASE_DIR, stderr=log, stdout=log
            )
        self._wait()

    def _wait(self) -> None:
        for _ in range(300):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.1)
        raise AssertionError("daphne does not listen")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.stop()

    def connect(self, path: str, **headers: str) -> Socket:
        return Socket(self.port, path, headers)

    def get(self, path: str) -> bytes:
        """The answer to a GET, as it came."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as raw:
            raw.sendall(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode())
            return raw.makefile("rb").read()

    def stop(self) -> str:
        """End it, and return what it logged."""
        self.process.kill()
        self.process.wait()
        logged = self.log.read_text()
        self.log.unlink()
        return logged


def database_url(host: str = "", port: int | str = "") -> str:
    """The database of this test, reached elsewhere when a proxy stands before it."""
    known = where()
    login = f"{known.get('user', '')}:{known.get('password', '')}"
    place = quote(str(host or known.get("host", "")), safe="")
    port = port or known.get("port") or ""
    return f"postgres://{login}@/{known['dbname']}?host={place}&port={port}"


class Closed(Exception):
    """The socket is closed, with this code; None when nobody said so."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


class Socket:
    """One websocket, from the client's side. `status` is HTTP's answer to the handshake."""

    def __init__(self, port: int, path: str, headers: dict[str, str]) -> None:
        self._raw = socket.create_connection(("127.0.0.1", port), 10)
        self._buffer = b""
        key = base64.b64encode(os.urandom(16)).decode()
        head = {
            "Host": f"127.0.0.1:{port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": key,
            "Sec-WebSocket-Version": "13",
            "Origin": f"http://127.0.0.1:{port}",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
        self._raw.sendall("\r\n".join([*lines, "", ""]).encode())
        while b"\r\n\r\n" not in self._buffer:
            self._ahead(len(self._buffer) + 1)
        answer, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        self.status = int(answer.split()[1])

    def send(self, body: Any) -> None:
        """Send text as it is, anything else as JSON."""
        self._frame(0x1, (body if isinstance(body, str) else json.dumps(body)).encode())

    def read(self, seconds: float) -> str | None:
        """The next text, or None when none comes. Raises Closed."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._raw.settimeout(left)
            try:
                kind, payload = self._next()
            except TimeoutError:
                return None
            except OSError:
                raise Closed(None) from None
            if kind == 0x1:
                return payload.decode()
            if kind == 0x8:
                raise Closed(int.from_bytes(payload[:2]) if payload else None)
            if kind == 0x9:
                with suppress(OSError):
                    self._frame(0xA, payload)
        return None

    def all(self, seconds: float) -> str:
        """Every text until none came for so many *seconds*."""
        found = ""
        while (text := self.read(seconds)) is not None:
            found += text
        return found

    def until(self, words: str, seconds: float = 5) -> str:
        """Every text up to the one that has *words* in it."""
        found, end = "", time.monotonic() + seconds
        while words not in found:
            text = self.read(max(0.01, end - time.monotonic()))
            assert text is not None, f"no {words} in {found!r}"
            found += text
        return found

    def ended(self, seconds: float) -> tuple[int | None, str]:
        """The code with which it is closed within *seconds*, and what was said before."""
        found, end = "", time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                found += self.read(max(0.01, end - time.monotonic())) or ""
        except Closed as closed:
            return closed.code, found
        raise AssertionError(f"still open: {found!r}")

    def close(self) -> None:
        self._raw.close()

    def _next(self) -> tuple[int, bytes]:
        """The next frame's opcode and payload. A time-out in the middle loses nothing."""
        head = self._ahead(2)
        begin, size = 2, head[1] & 127
        if size > 125:
            begin = 4 if size == 126 else 10
            size = int.from_bytes(self._ahead(begin)[2:])
        payload = self._ahead(begin + size)[begin:]
        self._buffer = self._buffer[begin + size :]
        return head[0] & 15, payload

    def _ahead(self, size: int) -> bytes:
        while len(self._buffer) < size:
            data = self._raw.recv(1 << 16)
            if not data:
                raise ConnectionError
            self._buffer += data
        return self._buffer[:size]

    def _frame(self, kind: int, payload: bytes) -> None:
        size = len(payload)
        if size < 126:
            head = bytes((0x80 | kind, 0x80 | size))
        elif size < 1 << 16:
            head = bytes((0x80 | kind, 0x80 | 126)) + size.to_bytes(2)
        else:
            head = bytes((0x80 | kind, 0x80 | 127)) + size.to_bytes(8)
        self._raw.sendall(head + bytes(4) + payload)


class DatabaseProxy:
    """Stands before PostgreSQL, so that it can be away for one process alone."""

    def __init__(self) -> None:
        self._away = False
        self._open: set[socket.socket] = set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return database_url("127.0.0.1", self._listening.getsockname()[1])

    def go_away(self) -> None:
        self._away = True
        for one in list(self._open):
            self._end(one)

    def come_back(self) -> None:
        self._away = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.go_away()
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                if self._away:
                    client.close()
                else:
                    self._join(client, _postgres())

    def _join(self, one: socket.socket, other: socket.socket) -> None:
        self._open |= {one, other}
        for pair in ((one, other), (other, one)):
            threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
        self._end(source)
        self._end(target)

    def _end(self, one: socket.socket) -> None:
        self._open.discard(one)
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


def _postgres() -> socket.socket:
    known = where()
    host, port = str(known.get("host", "127.0.0.1")), known.get("port") or 5432
    if host.startswith("/"):
        raw = socket.socket(socket.AF_UNIX)
        raw.connect(f"{host}/.s.PGSQL.{port}")
        return raw
    return socket.create_connection((host, int(port)))
