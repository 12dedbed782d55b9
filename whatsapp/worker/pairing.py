"""The disposable process that links a number: shows each QR until a phone reads one.

When the codes run out, or pairing is cancelled, neonize's connect() never returns, not even after
stop(); so this runs in a process of its own that ends by os._exit.
"""

from __future__ import annotations

import logging
import queue
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from accounts.audit import entered
from accounts.models import Door
from whatsapp import events
from whatsapp.gateway.connection import Connection
from whatsapp.gateway.store import Store
from whatsapp.gateway.translate import translate
from whatsapp.models import Session, State, Wanted
from whatsapp.worker.exits import DONE, LEASED_ELSEWHERE, REFUSED
from whatsapp.worker.link import LinkChange, link_change, login_refusal
from whatsapp.worker.spool import Spool

logger = logging.getLogger(__name__)

# whatsmeow shows the first of six codes for 60 s and the others for 20 s each.
FIRST_CODE, NEXT_CODE = 60.0, 20.0
# From the phone's reading to the first login with the new keys, for which whatsmeow dials once and
# no more.
LINKED_LIMIT = 60.0
# How long the account's name may take (`_settled`), and how much silence ends it.
SETTLE_LIMIT = 20.0
QUIET = 2.0


class Pairing:
    """One attempt to link a number. `run` returns an exit code."""

    def __init__(self, session: Session, owner: str) -> None:
        self.session, self.owner = session, owner
        self.store = Store(session.pk)
        # What neonize's thread hears, as what is to be done about it on ours.
        self.happened: queue.SimpleQueue[Callable[[], int | None]] = queue.SimpleQueue()
        self.codes_shown = 0
        self.linked_at: float | None = None
        self.connected_at: float | None = None
        self.cancelled = False

    def run(self) -> int:
        if not self.session.acquire(self.owner):
            return LEASED_ELSEWHERE
        # By an attempt that died late: connect() would log that device in and show no code.
        if self.store.linked():
            return self._hand_over()
        self.store.erase()
        self.store.prepare()
        # The worker's own file: what arrives with the link is kept, and its inbox goes on there.
        self.spool = Spool(self.store.folder / "spool.sqlite3")
        self.connection = Connection(
            self.store, self.spool.append, self._on_event, self._on_qr, self._on_login
        )
        self.session.enter(State.PAIRING)
        self.connection.start()
        return self._watch()

    def _on_qr(self, text: str) -> None:
        self.happened.put(partial(self._show_qr, text))

    def _on_login(self, status: str) -> None:
        self.happened.put(partial(self._answered, status))

    def _on_event(self, code: int, payload: bytes) -> None:
        self.happened.put(partial(self._on_link_event, translate(code, payload)))

    def _watch(self) -> int:
        renewed = 0.0
        while True:
            if time.monotonic() - renewed > settings.LEASE_RENEW_SECONDS:
                self._renew()
                renewed = time.monotonic()
            code = self._decide()
            if code is None:
                code = self._next()
            if code is not None:
                return code

    def _renew(self) -> None:
        close_old_connections()
        self.session.renew(0, timezone.now())
        self.session.refresh_from_db(fields=["wanted"])

    def _decide(self) -> int | None:
        """The exit code, when the attempt is over by now, one way or the other."""
        # Too late: the phone has read the code, and unlinking is another wish.
        if self.cancelled and self.linked_at:
            return self._close_and_hand_over()
        if self.cancelled or self.session.wanted != Wanted.PAIR:
            return self._refuse(State.NEW if not self.session.phone else State.LOGGED_OUT)
        if self.connection.ended.is_set():
            return self._refuse(State.FAILED, self.connection.error or "")
        if self.linked_at and time.monotonic() - self.linked_at > LINKED_LIMIT:
            return self._hand_over()
        if self.connected_at and self._settled(self.connected_at):
            return self._close_and_hand_over()
        return None

    def _settled(self, since: float) -> bool:
        """Whether the phone's first words are in: the key of the account's settings is sent once,
        and a socket closed while it is read loses them, and the account's name, for good."""
        return self.connection.ready() or time.monotonic() - since > SETTLE_LIMIT

    def _next(self) -> int | None:
        """Deal with one thing that happened; an exit code when it decides the attempt."""
        try:
            act = self.happened.get(timeout=0.2)
        except queue.Empty:
            return None
        return act()

    def _show_qr(self, text: str) -> None:
        self.session.show_qr(text, NEXT_CODE if self.codes_shown else FIRST_CODE)
        self.codes_shown += 1

    def _answered(self, status: str) -> int | None:
        if status != "success":
            return self._refuse_as(login_refusal(status))
        self.linked_at = time.monotonic()
        self.session.enter(State.CONNECTING)
        return None

    def _on_link_event(self, event: events.Event) -> int | None:
        if isinstance(event, events.Linked):
            self.session.linked_as(event.phone, event.lid, event.push_name)
        elif isinstance(event, events.Connected):
            self.connected_at = time.monotonic()
        elif (change := link_change(event)) and change.exit is not None:
            return self._refuse_as(change)
        return None

    def _close_and_hand_over(self) -> int:
        self.connection.close(quiet=QUIET)
        return self._hand_over()

    def _hand_over(self) -> int:
        self.session.want(Wanted.ON)
        self.session.enter(State.CONNECTING)
        self.session.release()
        return DONE

    def _refuse_as(self, change: LinkChange) -> int:
        return self._refuse(change.state, change.words, change.retry)

    def _refuse(self, state: State, words: str = "", retry: timedelta | None = None) -> int:
        # The next code wants a person before the screen.
        if self.session.wanted == Wanted.PAIR:
            self.session.want(Wanted.OFF)
        self.session.enter(state, words, timezone.now() + retry if retry else None)
        self.session.release()
        return REFUSED


def run_pairing(number: int, owner: str) -> int:
    """Try to link the number with primary key *number*; the caller must leave by os._exit."""
    with entered(Door.WIRE):
        pairing = Pairing(Session.objects.get(pk=number), owner)

        def cancel(*_: object) -> None:
            pairing.cancelled = True

        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, cancel)
        return pairing.run()
