"""A web process gives each request a thread of its own; PostgreSQL must not notice."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings

# A program, for only a web process pools: ten requests, PostgreSQL's restart, one request more.
REQUESTS = """
import daphne.server, django, psycopg, threading
django.setup()
from django.db import close_old_connections, connection

def request():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pids.append(cursor.fetchone()[0])
    close_old_connections()

def requests(times):
    for _ in range(times):
        thread = threading.Thread(target=request)
        thread.start()
        thread.join()

pids = []
requests(10)
known = connection.get_connection_params()
names = [name for name in ("dbname", "user", "password", "host", "port") if known.get(name)]
with psycopg.connect(**{name: known[name] for name in names}) as other:
    other.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) pid", [list({*pids})])
requests(1)
print(*pids)
"""


@pytest.mark.django_db
def test_requests_share_connections_that_are_alive() -> None:
    done = subprocess.run(
        [sys.executable, "-c", REQUESTS],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "painel.settings"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *before, after = done.stdout.split()
    assert len(before) == 10
    assert len(set(before)) <= 2
    assert after not in before


# Thirty requests that keep their connection for a while, over a pool of two; then PostgreSQL away.
BUSY_OR_AWAY = """
import daphne.server, django, threading, time
django.setup()
from django.db import OperationalError, close_old_connections, connection

def request(kept):
    begun = time.monotonic()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(%s)", [kept])
        word = "served"
    except OperationalError:
        word = "refused"
    close_old_connections()
    answers.append((word, time.monotonic() - begun))

answers = []
threads = [threading.Thread(target=request, args=[0.2]) for _ in range(30)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(*(word for word, _ in answers))

connection.close_pool()
connection.settings_dict["HOST"] = "/nowhere"
answers = []
for _ in range(20): request(0)
print(*(word for word, _ in answers))
print(*(seconds for _, seconds in answers))
"""


@pytest.mark.django_db
def test_a_busy_pool_is_waited_for_and_an_absent_postgresql_is_not() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BUSY_OR_AWAY],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "painel.settings",
            "DEBUG": "0",
            "SECRET_KEY": "k" * 60,
            "DATABASE_POOL": "2",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    busy, away, seconds = done.stdout.splitlines()
    assert busy.split() == ["served"] * 30
    assert away.split() == ["refused"] * 20
    first, *others = [float(one) for one in seconds.split()]
    assert first < 2
    assert sorted(others)[len(others) // 2] < 0.05
    assert sum(others) < 2
