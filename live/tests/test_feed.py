"""The reader of the change feed: authority is asked before anything is handed out."""

from __future__ import annotations

import asyncio

import pytest
from django.db import OperationalError

from live.feed import FeedReader


class Reader(FeedReader):
    """Writes down what it is asked for; PostgreSQL goes away under its first check."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def check_authority(self) -> None:
        self.asked.append("authority")
        if len(self.asked) == 1:
            raise OperationalError("server closed the connection unexpectedly")

    async def catch_up(self) -> None:
        self.asked.append("changes")


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
async def test_a_check_that_failed_is_made_again_before_changes_are_handed_out() -> None:
    reader = Reader.of_this_loop()
    async with asyncio.timeout(10):
        while "changes" not in reader.asked:
            await asyncio.sleep(0.05)
    await FeedReader.stop_all()
    assert reader.asked[:3] == ["authority", "authority", "changes"]
