from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pylibmagic  # noqa: F401  (before any test imports neonize's protobufs)
import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Before the test database is dropped, end the connections that killed processes left."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Debian's chromium. Without one the browser tests are skipped, unless
    REQUIRE_BROWSER says that they may not be."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path:
        return path
    reason = "chromium não encontrado: apt-get install chromium"
    if os.environ.get("REQUIRE_BROWSER"):
        pytest.fail(reason)
    pytest.skip(reason)
