"""Keeps one process for every number that somebody wants, on as many hosts as there are.

A number is started here when its lease is free, so a second supervisor waits, and takes over when
the first one is gone. Processes are never trusted to live: their exit code says whether to start
again at once, later, or only when a person asks.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import close_old_connections

from live import announce
from live.listen import Listener
from live.outage import AWAY, Outage
from whatsapp.gateway.store import Store
from whatsapp.models import Session, State, StrayReceipt, Wanted
from whatsapp.worker.child import Child
from whatsapp.worker.exits import AGAIN, DONE

logger = logging.getLogger(__name__)

LONGEST_PAUSE = 60.0
TIDY = 3600.0
# Seconds for a worker's end: 20 for its sending, 15 for the socket, 10 for the inbox.
GRACE = 45.0


class Supervisor:
    """Starts, watches and ends the processes of this host's numbers. `run` blocks until `stop`."""

    def __init__(self) -> None:
        # With a random part: a host that was restarted may give the same pid, and would take the
        # lease of a process that is gone for its own.
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.children: dict[int, Child] = {}
        self.stopping = threading.Event()
        self.woken = threading.Event()
        self._failures: dict[int, int] = {}
        self._not_before: dict[int, float] = {}
        self._asked: dict[int, datetime] = {}
        self.without_keys: set[int] = set()
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
            except AWAY as error:
                outage.report(error)
            self.woken.wait(1)
            self.woken.clear()
        self._end_children()

    def stop(self) -> None:
        self.stopping.set()
        self.woken.set()

    def step(self) -> None:
        """Reap what has ended, then start what is wanted, free, and due."""
        for number, child in list(self.children.items()):
            if (code := child.code) is not None:
                self.reap(number, child, code)
        # Free for us is also what our dead child held: it need not lapse first.
        for session in Session.objects.wanted_by_someone().free_for(self.owner):
            due = session.may_start and self._due(session)
            if due and session.pk not in self.children and self._has_keys(session):
                self._start(session)

    def _tidy(self) -> None:
        if time.monotonic() - self._tidied > TIDY:
            self._tidied = time.monotonic()
            StrayReceipt.objects.forgotten().delete()

    def reap(self, number: int, child: Child, code: int) -> None:
        """Take note that a number's process has ended, and when it may be started again."""
        del self.children[number]
        lived = child.lived
        good = code == DONE or lived > LONGEST_PAUSE or _was_online(number)
        failures = 0 if good else self._failures.get(number, 0) + 1
        self._failures[number] = failures
        # The power is bounded before it is taken: no float holds 2**1024, and a day without a
        # network is a thousand failures.
        pause = min(LONGEST_PAUSE, 0.5 * 2 ** min(failures, 10))
        self._not_before[number] = time.monotonic() + pause
        if code not in (DONE, AGAIN):
            logger.warning("number %s: its process ended with %s after %.0f s", number, code, lived)

    def _has_keys(self, session: Session) -> bool:
        """A linked number whose keys lie on another host is left to that host: taking it would
        only tell everybody that it is not linked."""
        if session.wanted != Wanted.ON or not session.phone or Store(session.pk).here():
            self.without_keys.discard(session.pk)
            return True
        if session.pk not in self.without_keys:
            self.without_keys.add(session.pk)
            logger.warning("number %s: its keys are not on this host", session.pk)
        return False

    def _due(self, session: Session) -> bool:
        served = self._asked.get(session.pk)
        # A person who asks again does not wait for our pauses.
        asked_again = served is not None and session.wanted_at > served
        return asked_again or time.monotonic() >= self._not_before.get(session.pk, 0)

    def _start(self, session: Session) -> None:
        self._asked[session.pk] = session.wanted_at
        pairing = session.wanted == Wanted.PAIR
        command = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "runwhatsapp"]
        command += ["--pair" if pairing else "--number", str(session.pk), "--owner", self.owner]
        # stdout is neonize's own chatter, which cannot be switched off; logs go to stderr.
        child = Child(f"number {session.pk}", command, child_environment(), GRACE, quiet=True)
        child.start()
        logger.info("%s: process %s started", child.name, child.pid)
        self.children[session.pk] = child

    def _end_children(self) -> None:
        """All at once, since each may need most of its grace to finish its sending."""
        for child in self.children.values():
            child.terminate()
        until = time.monotonic() + GRACE
        for child in self.children.values():
            if not child.wait(max(0.1, until - time.monotonic())):
                logger.warning("%s: killed after %s s of grace", child.name, child.grace)
                child.kill()


def _was_online(number: int) -> bool:
    """A process that was killed could not say goodbye: its number still reads online, and is
    wanted back at once. One that never got there is retried with growing patience."""
    return Session.objects.filter(pk=number, state=State.ONLINE).exists()


def child_environment() -> dict[str, str]:
    """Go reads its settings from the environment of exec, never from os.environ later."""
    defaults = {"NEONIZE_BOT_TAG": "off", "GOMEMLIMIT": "400MiB", "GOTRACEBACK": "single"}
    # Whatever the host says: with the tag WhatsApp marks each answer as written by an AI.
    return {**defaults, **os.environ, "NEONIZE_BOT_TAG": "off"}
