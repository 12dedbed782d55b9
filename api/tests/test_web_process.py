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
