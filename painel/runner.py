"""Starts the house's processes, keeps them, and ends them in order."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.conf import settings

_PR_SET_PDEATHSIG = 1
# So many deaths in a row end the house; who lived for SETTLED seconds begins to count anew.
TRIES = 3
SETTLED = 30.0


@dataclass
class Child:
    """A process of the house: its command, what its environment has besides ours, and how many
    seconds it may take to end."""

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    grace: float = 10.0
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0


class Runner:
    """Runs *children* until a signal, or until one of them cannot be kept alive."""

    def __init__(self, children: list[Child], say: Callable[[str], None]) -> None:
        self.children, self.say = children, say
        self.ended = threading.Event()
        self.code = 0

    def start(self) -> None:
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._asked)
        for child in self.children:
            self._start(child)

    def wait(self) -> int:
        """Watch over the children; return the exit code once all have ended."""
        while not self.ended.wait(0.5):
            for child in self.children:
                if child.process and child.process.poll() is not None:
                    self._died(child)
        self.stop()
        return self.code

    def stop(self) -> None:
        """End the children, the first started first: no new work comes while others finish."""
        for child in self.children:
            if child.process and child.process.poll() is None:
                child.process.terminate()
                try:
                    child.process.wait(child.grace)
                except subprocess.TimeoutExpired:
                    self.say(f"{child.name} não encerrou a tempo e foi interrompido.")
                    child.process.kill()
                    child.process.wait()

    def _asked(self, *_: object) -> None:
        # A second Ctrl-C: whoever asks twice does not want to wait.
        if self.ended.is_set():
            for child in self.children:
                if child.process:
                    child.process.kill()
        self.ended.set()

    def _start(self, child: Child) -> None:
        # A session of its own, so that the terminal's Ctrl-C reaches only us.
        child.process = subprocess.Popen(
            child.command,
            env={**os.environ, **child.environment},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
        child.started = time.monotonic()

    def _died(self, child: Child) -> None:
        assert child.process is not None
        lived = time.monotonic() - child.started
        child.failures = 1 if lived > SETTLED else child.failures + 1
        self.say(f"{child.name} terminou sozinho (código {child.process.returncode}).")
        if child.failures >= TRIES:
            self.say(f"{child.name} não fica de pé: encerrando.")
            self.code = 1
            self.ended.set()
            return
        # Not sleep: a signal ends the pause too.
        self.ended.wait(2.0 ** (child.failures - 1))
        if not self.ended.is_set():
            self._start(child)


def web(port: int) -> Child:
    command = [sys.executable, "-m", "painel.web", "-b", "127.0.0.1", "-p", str(port)]
    # Longer than it drains by itself, so that its own bound is the one that counts.
    return Child("web", command, grace=settings.DRAIN_SECONDS + 5)


def worker(environment: Mapping[str, str] | None = None) -> Child:
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "runwhatsapp"]
    # Longer than its supervisor gives each number (GRACE in whatsapp/worker/supervisor.py).
    return Child("worker", command, environment or {}, grace=50.0)


def webhooks() -> Child:
    return Child(
        "webhooks", [sys.executable, str(settings.BASE_DIR / "manage.py"), "webhooks"], grace=15.0
    )


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the server does: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _die_with_parent() -> None:
    # Between fork and exec: when we are killed, Linux sends the child SIGTERM, and no orphan keeps
    # the port or a number.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
