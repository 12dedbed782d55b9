"""A WhatsApp of our own, and the real worker as a process of its own beside the test."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from django.conf import settings
from django.db import connection

from whatsapp.loopback.phones import Company, Customer
from whatsapp.loopback.server import LoopbackServer
from whatsapp.models import Conversation, Message, Session, State, Wanted

T = TypeVar("T")
# The client writes 812 prekeys one by one at its first login: slow on a disk.
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class House:
    """The product under test, its WhatsApp, and its customers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = LoopbackServer().start()
        self.company: Company = self.server.company("5511911110000", "Vendas SP")
        self.workers: list[subprocess.Popen[bytes]] = []
        self.session = Session.objects.create(slug="vendas-sp", name="Vendas SP")

    def customer(self, name: str = "Marina Duarte", number: str = "5511990010001") -> Customer:
        return self.server.customer(number, name)

    def start(self) -> subprocess.Popen[bytes]:
        """Start a supervisor, as ops would."""
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "runwhatsapp"]
        log = (self.folder / f"worker-{len(self.workers)}.log").open("wb")
        worker = subprocess.Popen(command, env=self.environment(), stdout=log, stderr=log)
        self.workers.append(worker)
        return worker

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            **self.server.environment(),
            "DATABASE_URL": _url(),
            "PAINEL_VAR": str(self.folder),
            "SEND_GAP_MIN_SECONDS": "0",
            "SEND_GAP_MAX_SECONDS": "0",
        }

    def pair(self) -> None:
        self.session.want(Wanted.PAIR)
        code = self.until(lambda: Session.objects.get().qr, 20)
        self.server.scan(self.company, code)
        self.until_state(State.ONLINE, 40)

    def until(self, condition: Callable[[], T], seconds: float = 15) -> T:
        return self.server.wait(condition, seconds)

    def until_state(self, state: State, seconds: float = 20) -> Session:
        try:
            self.until(lambda: Session.objects.get().state == state, seconds)
        except TimeoutError:
            pytest.fail(f"state is {Session.objects.get().state}, not {state}\n{self.logs()}")
        return Session.objects.get()

    def until_message(self, text: str, delivery: str | None = None) -> Message:
        found = Message.objects.filter(body=text)
        if delivery:
            found = found.filter(delivery=delivery)
        try:
            self.until(found.exists)
            return found.get()
        except TimeoutError:
            seen = list(Message.objects.values_list("body", "delivery", "error"))
            pytest.fail(f"no {text!r} {delivery}: {seen}\n{self.logs()}")

    def conversation(self) -> Conversation:
        return Conversation.objects.get()

    def number_process(self) -> int:
        """The pid of the process that has the socket: the supervisor's only child."""
        supervisor = self.workers[-1].pid
        children = Path(f"/proc/{supervisor}/task/{supervisor}/children")
        return int(self.until(lambda: children.read_text().split())[0])

    def logs(self) -> str:
        return "\n".join(log.read_text()[-4000:] for log in self.folder.glob("worker-*.log"))

    def close(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGTERM)
        for worker in self.workers:
            try:
                worker.wait(40)
            except subprocess.TimeoutExpired:
                worker.kill()
        self.server.stop()


def _url() -> str:
    """The test database of this run, as a child process must be told."""
    values = connection.get_connection_params()
    host = str(values.get("host", "")).replace("/", "%2F")
    port = values.get("port", "")
    login = f"{values.get('user', '')}:{values.get('password', '')}"
    return f"postgres://{login}@/{values['dbname']}?host={host}&port={port}"


@pytest.fixture
def house(transactional_db: None) -> Iterator[House]:
    folder = Path(tempfile.mkdtemp(prefix="painel-", dir=FAST))
    house = House(folder)
    try:
        yield house
    finally:
        house.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def paired(house: House) -> House:
    house.start()
    house.pair()
    return house
