"""A web process as in production: what a fake transport accepts, a real one may refuse."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Self
from urllib.parse import quote

from django.conf import settings

from live.listen import where
from live.tests.websocket import Socket


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
