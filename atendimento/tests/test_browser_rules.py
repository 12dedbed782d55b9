"""Rules that Python and the page's JavaScript both hold, compared over tables of cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import sync_playwright

from atendimento import thread
from atendimento.times import waited
from whatsapp.models import Direction, Message, Origin

pytestmark = pytest.mark.browser
ARGS = ["--no-sandbox", "--disable-gpu"]
Run = Callable[[str, str, list[list[Any]]], list[Any]]


@pytest.fixture(scope="module")
def run(chromium: str) -> Iterator[Run]:
    """Calls a function of a module that imports nothing, once for each list of arguments."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGS)
        page = browser.new_page()

        def called(file: str, name: str, calls: list[list[Any]]) -> list[Any]:
            source = (settings.BASE_DIR / "static/js" / file).read_text()
            url = f"data:text/javascript,{quote(source)}"
            script = (
                "([url, name, calls]) => import(url).then((m) => calls.map((c) => m[name](...c)))"
            )
            results: list[Any] = page.evaluate(script, [url, name, calls])
            return results

        yield called
        browser.close()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "agora"), (59.9, "agora"), (60, "1 min"), (3600, "1 h"), (4800, "1 h 20 min")],
)
def test_a_wait_is_written_as_the_design_says(seconds: float, words: str) -> None:
    assert waited(seconds) == words


def test_page_and_server_write_a_wait_alike(run: Run) -> None:
    minutes = [0, 1, 4, 59, 60, 61, 80, 119, 120, 121, 1439, 1440, 1500, 100_000]
    table = [-90.5, -1, 0, 0.4, 59.999] + [m * 60 + s for m in minutes for s in (0, 1, 59.9)]
    assert run("wait.js", "waited", [[n] for n in table]) == [waited(n) for n in table]


NOON = datetime(2026, 3, 10, 12, 0, 0, 123457, tzinfo=timezone.get_default_timezone())
MIDNIGHT = NOON.replace(hour=0, minute=0, second=0, microsecond=0)
FIVE = timedelta(minutes=5)
TICK = timedelta(microseconds=1)


def _out(author: int | None, at: datetime, origin: str = Origin.DESK) -> Message:
    return Message(direction=Direction.OUT, origin=origin, author_id=author, at=at)


def _in(at: datetime) -> Message:
    return Message(direction=Direction.IN, at=at)


PAIRS: list[tuple[Message | None, Message, bool]] = [
    (None, _in(NOON), True),
    (_in(NOON), _in(NOON), False),
    (_in(NOON), _in(NOON + FIVE - TICK), False),
    (_in(NOON), _in(NOON + FIVE), True),
    (_in(NOON), _out(1, NOON), True),
    (_out(1, NOON), _in(NOON), True),
    (_out(1, NOON), _out(1, NOON + FIVE - TICK), False),
    (_out(1, NOON), _out(2, NOON), True),
    (_out(1, NOON), _out(None, NOON, Origin.PHONE), True),
    (_out(None, NOON, Origin.PHONE), _out(None, NOON, Origin.PHONE), False),
    (_out(None, NOON, Origin.PHONE), _out(None, NOON, Origin.API), True),
    (_in(MIDNIGHT - TICK), _in(MIDNIGHT), True),
    (_in(MIDNIGHT), _in(MIDNIGHT + TICK), False),
    (_in(NOON), _in(NOON - TICK), False),
]


@pytest.mark.parametrize(("earlier", "message", "first"), PAIRS)
def test_a_group_ends_with_its_sender_its_day_and_a_pause(
    earlier: Message | None, message: Message, first: bool
) -> None:
    assert thread.opens_group(message, earlier) is first


def test_page_and_server_group_bubbles_alike(run: Run) -> None:
    def told(message: Message | None) -> dict[str, Any] | None:
        if message is None:
            return None
        day = timezone.localtime(message.at).date().isoformat()
        return {
            "from": thread.sender(message),
            "day": day,
            "at": float(f"{message.at.timestamp():.6f}"),
        }

    calls = [[told(message), told(earlier)] for earlier, message, _ in PAIRS]
    assert run("group.js", "opensGroup", calls) == [first for _, _, first in PAIRS]
