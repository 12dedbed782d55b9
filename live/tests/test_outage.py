from __future__ import annotations

import pytest

from live.outage import Outage


def test_an_outage_is_said_once_and_its_end_too(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage("number 1")
    outage.ended()
    for _ in range(5):
        outage.report(OSError("connection refused\nIs the server running?"))
    outage.ended()
    outage.ended()
    assert [record.getMessage() for record in caplog.records] == [
        "number 1: PostgreSQL is away: connection refused",
        "number 1: PostgreSQL is back after 0 s",
    ]


def test_a_long_outage_is_said_again(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage, now = Outage("number 1"), 1000.0
    for seconds in (0.0, 30.0, 61.0, 90.0):
        monkeypatch.setattr("time.monotonic", lambda seconds=seconds: now + seconds)
        outage.report(OSError("connection refused"))
    assert len(caplog.records) == 2
