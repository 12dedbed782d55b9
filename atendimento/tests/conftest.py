"""The desk in a browser: a real daphne beside the test, and Chromium in front of it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from playwright.sync_api import BrowserContext, Page, sync_playwright

ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def _database_url() -> str:
    own = connection.get_connection_params()
    login = f"{own.get('user', '')}:{own.get('password', '')}"
    host = str(own.get("host", "")).replace("/", "%2F")
    return f"postgres://{login}@/{own['dbname']}?host={host}&port={own.get('port', '')}"


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/entrar/", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture
def desk_url(transactional_db: None, tmp_path: Path) -> Iterator[str]:
    """The address of a web process that uses the test's database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    mine = {"DATABASE_URL": _database_url(), "PAINEL_VAR": str(tmp_path), "DEBUG": "1"}
    command = [sys.executable, "-m", "daphne", "-p", str(port), "-v", "0"]
    process = subprocess.Popen(
        [*command, "painel.asgi:application"], env=os.environ | mine, cwd=settings.BASE_DIR
    )
    url, end = f"http://127.0.0.1:{port}", time.monotonic() + 30
    while not _answers(url):
        assert time.monotonic() < end, "the web process does not answer"
        time.sleep(0.1)
    yield url
    process.kill()
    process.wait()


@pytest.fixture
def context(chromium: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[BrowserContext]:
    """A browser. Playwright's sync API runs an event loop in this thread; the ORM is used all the
    same."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        # Within that loop Django keeps a connection of its own, which outlives the test: one that
        # took the database away has left it dead.
        connection.close()
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGS)
        yield browser.new_context(viewport={"width": 1440, "height": 900}, locale="pt-BR")
        browser.close()


@pytest.fixture
def page_of(desk_url: str, context: BrowserContext) -> Iterator[Callable[[Any], Page]]:
    """Makes a page that is logged in as an agent; no script of it may fail."""
    errors: list[str] = []

    def opened(agent: Any) -> Page:
        browser = Browser()
        browser.force_login(agent)
        cookie = browser.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": desk_url}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield opened
    assert not errors
