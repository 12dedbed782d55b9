"""The process of one number: it owns the lease, the socket, and the threads around the ORM.

neonize's callback only appends to the spool. One loop moves the spool into rows, one moves queued
rows to WhatsApp, one reads what happens to the link, and the main thread keeps the lease and
watches over the rest. Whatever cannot go on leaves the process; the supervisor starts a new one.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable

from accounts.audit import entered
from accounts.models import Door
from live import announce
from live.listen import Listener
from live.outage import Outage
from whatsapp.gateway.store import Store
from whatsapp.models import LeaseLost, Session, State, Wanted
from whatsapp.worker import inbox, outbox
from whatsapp.worker.exits import AGAIN, DONE, LEASED_ELSEWHERE, REFUSED
from whatsapp.worker.lease import LeaseKeeper
from whatsapp.worker.link import LinkChange
from whatsapp.worker.link_keeper import LinkKeeper, unlinked
from whatsapp.worker.loop import Loop
from whatsapp.worker.sender import Sender
from whatsapp.worker.spool import Spool

logger = logging.getLogger(__name__)


class Worker:
    """One number, from acquiring its lease to releasing it. `run` returns an exit code."""

    def __init__(self, session: Session, owner: str) -> None:
        self.session, self.owner = session, owner
        self.store = Store(session.pk)
        self.spool = Spool(self.store.folder / "spool.sqlite3")
        self.outage = Outage(f"number {session.pk}")
        self.stopping = threading.Event()
        # Whatever ends without being asked to is started again.
        self.code = AGAIN
        self.link = LinkKeeper(session, self.store, self.spool, self.stop)
        self.sender = Sender(session, self.store, self.link, self.stopping)
        self.link.came_online = self.sender.wake
        self.receiving = self._loop("inbox", self._receive)
        self.sending = self._loop("outbox", self.sender.step)
        self.reading_link = self._loop("link", self.link.read_link_events)
        self.listener = Listener((announce.OUTBOX, announce.TYPING), self.sender.hear)

    def _loop(self, name: str, step: Callable[[], None]) -> Loop:
        name = f"number {self.session.pk}: {name}"
        return Loop(name, step, self.stopping, self.outage, lambda: self.stop(AGAIN))

    def run(self) -> int:
        """Work until told to stop. The caller must leave by os._exit."""
        # Before the lease: our clock of it must not begin after PostgreSQL's.
        keeper = LeaseKeeper(self.session, self.spool, self.outage)
        if not self.session.acquire(self.owner):
            return LEASED_ELSEWHERE
        try:
            return self.run_with_lease(keeper)
        except LeaseLost:
            # Neither state nor lease is touched: both are the new owner's by now.
            logger.warning("number %s: lease lost, closing the socket", self.session.pk)
            self.stopping.set()
            self.link.connection.close()
            return AGAIN

    def run_with_lease(self, keeper: LeaseKeeper) -> int:
        """What is done with a number that is ours. Raises LeaseLost."""
        if not self.store.linked():
            return self._without_device()
        outbox.reconcile(self.session, self.store)
        self.session.enter(State.CONNECTING)
        self._start()
        keeper.keep_lease(self.stopping, self._watch)
        return self._finish()

    def _without_device(self) -> int:
        if self.session.wanted == Wanted.LOGOUT:
            unlinked(self.session)
            return DONE
        self.session.enter(State.LOGGED_OUT, "Nenhum aparelho vinculado.")
        self.session.release()
        return REFUSED

    def _start(self) -> None:
        # The socket last: what it brings finds its loops running.
        for thread in (self.receiving, self.sending, self.reading_link, self.listener):
            thread.start()
        self.link.connection.start()

    def stop(self, code: int = DONE) -> None:
        self.code = code
        self.stopping.set()
        # Whoever waits for something to do need not wait for it any longer.
        self.sender.wake()
        self.spool.arrived.set()

    def _watch(self) -> None:
        for loop in (self.receiving, self.sending, self.reading_link):
            # Asked in this order: a loop that was told to stop has ended rightly.
            if (trouble := loop.trouble) and not self.stopping.is_set():
                logger.error("%s %s", loop.name, trouble)
                self.stop(AGAIN)
                return
        self.link.watch()

    def _receive(self) -> None:
        """Move one batch; wait for arrivals when the last one emptied the spool."""
        if not inbox.drain(self.session, self.spool):
            self.spool.arrived.wait(1)
            self.spool.arrived.clear()

    def _finish(self) -> int:
        """Let the send in flight end, close the socket, drain the spool, give the lease back."""
        # A send may take longer, but the supervisor gives 45 s: `reconcile` settles what is cut.
        self.sending.join(20)
        self.link.connection.close()
        self.receiving.join(10)
        # What came until the socket was shut. Should PostgreSQL be away, the spool keeps it.
        while inbox.drain(self.session, self.spool):
            pass
        if self.session.state in (State.ONLINE, State.CONNECTING, State.RECONNECTING):
            stopped = self.code == DONE
            self.link.enter(LinkChange(State.STOPPED if stopped else State.RECONNECTING))
        self.session.release()
        return self.code


def run_worker(number: int, owner: str) -> int:
    """Run the number with primary key *number* in this process until SIGTERM; never returns to
    neonize's non-daemon threads, so the caller must leave by os._exit."""
    with entered(Door.WIRE):
        worker = Worker(Session.objects.get(pk=number), owner)
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: worker.stop())
        return worker.run()
