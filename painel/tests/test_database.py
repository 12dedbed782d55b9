from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from painel.database import connection_settings
from painel.embedded import Embedded


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        (
            "postgres://ana:s%40nha@banco:6432/painel",
            {"USER": "ana", "PASSWORD": "s@nha", "HOST": "banco", "PORT": "6432"},
        ),
        ("postgresql:///painel", {"USER": "", "HOST": "", "PORT": "", "NAME": "painel"}),
        ("postgres://u@/p?host=%2Fvar%2Frun", {"HOST": "/var/run", "NAME": "p"}),
    ],
)
def test_a_url_says_where_the_database_is(url: str, wanted: dict[str, Any]) -> None:
    found = connection_settings(url, Path("/nowhere"))
    assert {key: found[key] for key in wanted} == wanted


@pytest.mark.parametrize("url", ["mysql://x/y", "postgres://host", "postgres://h:porta/x"])
def test_nonsense_is_refused_in_words(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
        connection_settings(url, Path("/nowhere"))


@pytest.fixture
def server() -> Iterator[Embedded]:
    home = Path(tempfile.mkdtemp(prefix="painel-test-"))
    server = Embedded(home / "postgres", durable=False)
    yield server
    server.stop()
    shutil.rmtree(server.base, ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)


def _alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_embedded_server_starts_once_and_survives_a_kill(server: Embedded) -> None:
    assert server.start()
    assert not server.start()
    pid = int((server.data / "postmaster.pid").read_text().split()[0])
    if os.geteuid() == 0:
        assert Path(f"/proc/{pid}").stat().st_uid != 0
    os.kill(pid, signal.SIGKILL)
    while _alive(pid):
        time.sleep(0.05)
    time.sleep(1)  # its own children notice, and let go of the shared memory
    assert server.start()
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE EXTENSION unaccent")
        connection.execute("CREATE EXTENSION pg_trgm")


def test_the_first_command_of_a_fresh_checkout_has_its_database(server: Embedded) -> None:
    environment = {**os.environ, "PAINEL_VAR": str(server.home.parent), "DEBUG": "1"}
    del environment["DATABASE_URL"]
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with psycopg.connect(server.url) as connection:
        connection.execute("SELECT xid FROM live_change")
