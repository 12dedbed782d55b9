"""Keeps one process for every number that somebody wants, on as many hosts as there are.

A number is started here when its lease is free, so a second supervisor waits, and takes over when
the first one is gone. Processes are never trusted to live: their exit code says whether to start
again at once, later, or only when a person asks.
"""

from __future__ import annotations

import ctypes
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections

from live import announce
from live.listen import Listener
from live.outage import Outage
from whatsapp.gateway.store import Store
from whatsapp.models import Session, State, StrayReceipt, Wanted
from whatsapp.worker.exits import AGAIN, DONE

logger = logging.getLogger(__name__)

LONGEST_PAUSE = 60.0
TIDY = 3600.0
GRACE = 45.0
_PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """The process of one number, and what it was started for."""

    process: subprocess.Popen[bytes]
    wanted: str
    started: float


class Supervisor:
    def __init__(self) -> None:
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.children: dict[int, Child] = {}
        self.stopping = threading.Event()
        self.woken = threading.Event()
        self._failures: dict[int, int] = {}
        self._not_before: dict[int, float] = {}
        self._asked: dict[int, datetime] = {}
        self._strangers: set[int] = set()
        self._tidied = 0.0

    def run(self) -> None:
        """Work until `stop`, then end every child and wait for it."""
        outage = Outage("supervisor")
        listener = Listener((announce.NUMBERS,), lambda *_: self.woken.set())
        listener.start()
        while not self.stopping.is_set():
            try:
                close_old_connections()
                self.step()
                self._tidy()
                outage.ended()
            except (OperationalError, InterfaceError) as error:
                outage.report(error)
            self.woken.wait(1)
            self.woken.clear()
        self._end_children()

    def stop(self) -> None:
        self.stopping.set()
        self.woken.set()

    def step(self) -> None:
        """Bury the dead, then start what is wanted, free, and due."""
        for number, child in list(self.children.items()):
            if (code := child.process.poll()) is not None:
                self._bury(number, child, code)
        for session in Session.objects.wanted_by_someone().free_for(self.owner):
            due = session.may_start and self._due(session)
            if due and session.pk not in self.children and self._has_keys(session):
                self._start(session)

    def _tidy(self) -> None:
        if time.monotonic() - self._tidied > TIDY:
            self._tidied = time.monotonic()
            StrayReceipt.objects.forgotten().delete()

    def _bury(self, number: int, child: Child, code: int) -> None:
        del self.children[number]
        lived = time.monotonic() - child.started
        good = code == DONE or lived > LONGEST_PAUSE or _was_online(number)
        failures = 0 if good else self._failures.get(number, 0) + 1
        self._failures[number] = failures
        pause = min(LONGEST_PAUSE, 0.5 * 2**failures) if failures else 0.5
        self._not_before[number] = time.monotonic() + pause
        if code not in (DONE, AGAIN):
            logger.warning("number %s: its process ended with %s after %.0f s", number, code, lived)

    def _has_keys(self, session: Session) -> bool:
        """A linked number whose keys lie on another host is left to that host: taking it would
        only tell everybody that it is not linked."""
        if session.wanted != Wanted.ON or not session.phone or Store(session.pk).here():
            self._strangers.discard(session.pk)
            return True
        if session.pk not in self._strangers:
            self._strangers.add(session.pk)
            logger.warning("number %s: its keys are not on this host", session.pk)
        return False

    def _due(self, session: Session) -> bool:
        served = self._asked.get(session.pk)
        asked_again = served is not None and session.wanted_at > served
        return asked_again or time.monotonic() >= self._not_before.get(session.pk, 0)

    def _start(self, session: Session) -> None:
        self._asked[session.pk] = session.wanted_at
        pairing = session.wanted == Wanted.PAIR
        command = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "runwhatsapp"]
        command += ["--pair" if pairing else "--number", str(session.pk), "--owner", self.owner]
        # stdout is neonize's own chatter, which cannot be switched off; logs go to stderr.
        process = subprocess.Popen(
            command,
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
        logger.info("number %s: process %s started", session.pk, process.pid)
        self.children[session.pk] = Child(process, session.wanted, time.monotonic())

    def _end_children(self) -> None:
        for child in self.children.values():
            child.process.terminate()
        until = time.monotonic() + GRACE
        for number, child in self.children.items():
            try:
                child.process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                logger.warning("number %s: killed after %s s of grace", number, GRACE)
                child.process.kill()
                child.process.wait()


def _was_online(number: int) -> bool:
    """A process that was killed could not say goodbye: its number still reads online, and is
    wanted back at once. One that never got there is retried with growing patience."""
    return Session.objects.filter(pk=number, state=State.ONLINE).exists()


def child_environment() -> dict[str, str]:
    """Go reads its settings from the environment of exec, never from os.environ later."""
    defaults = {"NEONIZE_BOT_TAG": "off", "GOMEMLIMIT": "400MiB", "GOTRACEBACK": "single"}
    return {**defaults, **os.environ, "NEONIZE_BOT_TAG": "off"}


def _die_with_parent() -> None:
    """If the supervisor is killed, its children get SIGTERM and stop in good order."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
