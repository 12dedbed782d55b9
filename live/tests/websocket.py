"""A websocket from the client's side, by hand: it sees the very code with which it is closed."""

from __future__ import annotations

import base64
import json
import os
import socket
import time
from contextlib import suppress
from typing import Any


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
