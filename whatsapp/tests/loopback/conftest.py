"""A WhatsApp of our own, and the real worker as a process of its own beside the test."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import setup_databases, teardown_databases
from pytest_django import DjangoDbBlocker

from loopback.phones import Company, Customer
from loopback.server import LoopbackServer
from painel import pytest_database
from painel.embedded import Embedded
from whatsapp.models import Conversation, Message, Session, State, Wanted
from whatsapp.tests.loopback.raw_client import RawClient

T = TypeVar("T")
# The client writes 812 prekeys one by one at its first login: slow on a disk.
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class House:
    """The product under test, its WhatsApp, and its customers.

    *keepsake* holds what the first pairing of this test run left behind.
    """

    def __init__(self, folder: Path, keepsake: Path) -> None:
        self.folder, self.keepsake = folder, keepsake
        if (keepsake / "world").exists():
            shutil.copytree(keepsake / "world", folder / "loopback")
        self.server = LoopbackServer(folder / "loopback").start()
        self.company: Company = self.server.company("5511911110000", "Vendas SP")
        self.workers: list[subprocess.Popen[bytes]] = []
        self.session = Session.objects.create(slug="vendas-sp", name="Vendas SP")

    def customer(self, name: str = "Marina Duarte", number: str = "5511990010001") -> Customer:
        return self.server.customer(number, name)

    def start(self, **more: str) -> subprocess.Popen[bytes]:
        """Start a supervisor, as ops would; *more* is what else its environment says."""
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "runwhatsapp"]
        log = (self.folder / f"worker-{len(self.workers)}.log").open("wb")
        environment = self.environment() | more
        worker = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        self.workers.append(worker)
        return worker

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            **self.server.environment(),
            "DATABASE_URL": database_url(),
            "PAINEL_VAR": str(self.folder),
            "SEND_GAP_MIN_SECONDS": "0",
            "SEND_GAP_MAX_SECONDS": "0",
        }

    def pair(self) -> None:
        self.session.want(Wanted.PAIR)
        code = self.until(lambda: self.now().qr, 20)
        self.server.scan(self.company, code)
        self.until_state(State.ONLINE, 40)

    @property
    def keys(self) -> Path:
        """The key store of the number, which a refusal deletes."""
        return self.folder / "numbers" / str(self.session.pk)

    def move_in(self) -> None:
        """Be linked and online: by QR the first time, later with the keys of that time."""
        if not (self.keepsake / "world").exists():
            self.start()
            self.pair()
            # The account's name comes a moment after the link, and only once: keep it too.
            self.until(lambda: self.company.presence, 30)
            self.stop_worker()
            self.server.call(self.server.save)
            copy_keys(self.keys, self.keepsake / "keys")
            shutil.copytree(self.folder / "loopback", self.keepsake / "world")
        else:
            copy_keys(self.keepsake / "keys", self.keys)
            self.session.want(Wanted.ON)
        self.company.logins = 1
        self.start()
        self.until_state(State.ONLINE)

    def stop_worker(self) -> None:
        self.workers[-1].send_signal(signal.SIGTERM)
        self.workers[-1].wait(40)

    def until(self, condition: Callable[[], T], seconds: float = 15) -> T:
        return self.server.wait(condition, seconds)

    def until_state(self, state: State, seconds: float = 20) -> Session:
        try:
            self.until(lambda: self.now().state == state, seconds)
        except TimeoutError:
            pytest.fail(f"state is {self.now().state}, not {state}\n{self.logs()}")
        return self.now()

    def now(self) -> Session:
        return Session.objects.get(pk=self.session.pk)

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

    def talk(self, customer: Customer) -> Conversation:
        """The conversation with *customer*, who says hello."""
        self.server.write(customer, self.company, f"oi de {customer.number}")
        return self.until_message(f"oi de {customer.number}").conversation

    def conversation(self) -> Conversation:
        return Conversation.objects.get()

    def number_process(self) -> int:
        """The pid of the process that has the socket: the supervisor's only child."""
        supervisor = self.workers[-1].pid
        children = Path(f"/proc/{supervisor}/task/{supervisor}/children")
        return int(self.until(lambda: children.read_text().split())[0])

    def logs(self) -> str:
        return "\n".join(log.read_text()[-4000:] for log in self.folder.glob("worker-*.log"))

    def end_workers(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGTERM)
        for worker in self.workers:
            try:
                worker.wait(40)
            except subprocess.TimeoutExpired:
                worker.kill()

    def close(self) -> None:
        self.end_workers()
        self.server.stop()


def database_url() -> str:
    """The test database of this run, as a child process must be told."""
    values = connection.get_connection_params()
    host = str(values.get("host", "")).replace("/", "%2F")
    port = values.get("port", "")
    login = f"{values.get('user', '')}:{values.get('password', '')}"
    return f"postgres://{login}@/{values['dbname']}?host={host}&port={port}"


def copy_keys(source: Path, target: Path) -> None:
    """Copy a number's key store while nobody has it open."""
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    for file in source.glob("keys.sqlite3*"):
        shutil.copy(file, target / file.name)


@contextmanager
def open_house(keepsake: Path) -> Iterator[House]:
    folder = Path(tempfile.mkdtemp(prefix="painel-", dir=FAST))
    house = House(folder, keepsake)
    try:
        yield house
    finally:
        house.close()
        print(house.logs())  # which pytest shows of a test that failed
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def keepsake() -> Iterator[Path]:
    """Pairing takes seconds, so one pairing serves the whole run."""
    folder = Path(tempfile.mkdtemp(prefix="painel-pair-", dir=FAST))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def house(transactional_db: None, keepsake: Path) -> Iterator[House]:
    with open_house(keepsake) as house:
        yield house


@pytest.fixture
def paired(house: House) -> House:
    house.move_in()
    return house


@pytest.fixture(scope="session")
def database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test database, which pytest-django makes only when some test asks for `db` itself."""
    with django_db_blocker.unblock():
        made = str(connection.settings_dict["NAME"]).startswith("test_")
        old = [] if made else setup_databases(0, interactive=False)
        yield
        teardown_databases(old, 0)


@pytest.fixture
def database_server(database: None) -> Iterator[Embedded]:
    """PostgreSQL itself, for a test to stop; the tests after it find it running."""
    server = getattr(pytest_database, "_server", None)
    if server is None:
        pytest.skip("DATABASE_URL names a server that is not ours to stop")
    yield server
    server.start()
    connection.close()  # it died with the server; what cleans up after the test needs a new one


@pytest.fixture(scope="module")
def shared(database: None, django_db_blocker: DjangoDbBlocker, keepsake: Path) -> Iterator[House]:
    """One linked number for a whole module; its tests write as customers of their own."""
    with django_db_blocker.unblock():
        with open_house(keepsake) as house:
            house.move_in()
            yield house
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(scope="module")
def raw() -> Iterator[RawClient]:
    """The library alone, linked to an account of its own, for what only it can show."""
    folder = Path(tempfile.mkdtemp(prefix="painel-raw-", dir=FAST))
    server = LoopbackServer(folder / "loopback").start()
    client = RawClient(server, server.company("5511922220000", "Vendas RJ"), folder)
    yield client
    client.kill()
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)
