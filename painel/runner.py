"""Starts the house's processes, keeps them, and ends them in order."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping

from django.conf import settings

from whatsapp.worker.child import Child

# So many deaths in a row end the house; who lived for SETTLED seconds begins to count anew.
TRIES = 3
SETTLED = 30.0


class Runner:
    """Runs *children* until a signal, or until one of them cannot be kept alive."""

    def __init__(self, children: list[Child], say: Callable[[str], None]) -> None:
        self.children, self.say = children, say
        self.failures: dict[str, int] = {}
        self.ended = threading.Event()
        self.code = 0

    def start(self) -> None:
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._asked)
        for child in self.children:
            child.start()

    def wait(self) -> int:
        """Watch over the children; return the exit code once all have ended."""
        while not self.ended.wait(0.5):
            for child in self.children:
                if not child.running:
                    self._died(child)
        self.stop()
        return self.code

    def stop(self) -> None:
        """End the children, the first started first: no new work comes while others finish."""
        for child in self.children:
            child.terminate()
            if not child.wait():
                self.say(f"{child.name} não encerrou a tempo e foi interrompido.")
                child.kill()

    def _asked(self, *_: object) -> None:
        # A second Ctrl-C: whoever asks twice does not want to wait.
        if self.ended.is_set():
            for child in self.children:
                child.kill()
        self.ended.set()

    def _died(self, child: Child) -> None:
        failures = 1 if child.lived > SETTLED else self.failures.get(child.name, 0) + 1
        self.failures[child.name] = failures
        self.say(f"{child.name} terminou sozinho (código {child.code}).")
        if failures >= TRIES:
            self.say(f"{child.name} não fica de pé: encerrando.")
            self.code = 1
            self.ended.set()
            return
        # Not sleep: a signal ends the pause too.
        self.ended.wait(2.0 ** (failures - 1))
        if not self.ended.is_set():
            child.start()


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
