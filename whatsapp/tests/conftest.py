from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from whatsapp.gateway import codes
from whatsapp.models import Session, State, Wanted
from whatsapp.worker import inbox
from whatsapp.worker.spool import Spool

LID = "200000000000001@lid"
PHONE = "5511990010001@s.whatsapp.net"


@pytest.fixture
def session(db: None) -> Session:
    session = Session.objects.create(
        slug="vendas-sp", name="Vendas SP", wanted=Wanted.ON, state=State.ONLINE, phone="551191111"
    )
    assert session.acquire("test")
    return session


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool.sqlite3")


@pytest.fixture
def hear(session: Session, spool: Spool) -> Callable[..., None]:
    """Let bytes arrive as in the worker: through the spool, then into rows."""

    def hear(*payloads: bytes, code: int = codes.MESSAGE) -> None:
        for payload in payloads:
            spool.append(code, payload)
        while inbox.drain(session, spool):
            pass

    return hear
