"""The process of one number: it owns the lease, the socket, and the two threads around the ORM.

neonize's callback only appends to the spool. `_receive` moves the spool into rows, `_send` moves
queued rows to WhatsApp, and the main thread keeps the lease and watches over the rest. Whatever
cannot go on leaves the process; the supervisor starts a new one.
"""

from __future__ import annotations

import json
import logging
import queue
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, transaction
from django.utils import timezone

from live import announce
from live.listen import Listener
from live.outage import Outage
from whatsapp import events
from whatsapp.gateway.connection import Connection, NotSent
from whatsapp.gateway.store import Store
from whatsapp.gateway.translate import translate
from whatsapp.models import Conversation, LeaseLost, Session, State, Wanted
from whatsapp.models.identify import known_addresses
from whatsapp.models.state import BAN_WORDS, LOGGED_OUT_WORDS, UNKNOWN_BAN
from whatsapp.worker import inbox, outbox
from whatsapp.worker.exits import AGAIN, DONE, LEASED_ELSEWHERE, REFUSAL_PAUSE, REFUSED
from whatsapp.worker.spool import Spool

logger = logging.getLogger(__name__)

CONNECT_LIMIT = 60.0
SILENCE_LIMIT = 600.0
UNLINK_LIMIT = 30.0


class Worker:
    """One number, from acquiring its lease to releasing it. `run` returns an exit code."""

    def __init__(self, session: Session, owner: str) -> None:
        self.session, self.owner = session, owner
        self.store = Store(session.pk)
        self.spool = Spool(self.store.folder / "spool.sqlite3")
        self.outage = Outage(f"number {session.pk}")
        self.connection: Connection | None = None
        self.stopping = threading.Event()
        self.wake_sender = threading.Event()
        self.online = threading.Event()
        self.introduced = False
        self.code = AGAIN
        self.renewed = 0.0
        self._threads: list[threading.Thread] = []
        self._typing: dict[int, str] = {}
        self._happened: queue.SimpleQueue[tuple[int, bytes]] = queue.SimpleQueue()

    def run(self) -> int:
        self.renewed = time.monotonic()
        if not self.session.acquire(self.owner):
            return LEASED_ELSEWHERE
        try:
            return self._own()
        except LeaseLost:
            logger.warning("number %s: lease lost, closing the socket", self.session.pk)
            self._close_socket()
            return AGAIN

    def _own(self) -> int:
        if self.session.wanted == Wanted.LOGOUT and not self.store.linked():
            return self._unlinked()
        if not self.store.linked():
            self.session.enter(State.LOGGED_OUT, "Nenhum aparelho vinculado.")
            self.session.release()
            return REFUSED
        outbox.reconcile(self.session, self.store)
        self.session.enter(State.CONNECTING)
        self._start()
        self._keep()
        return self._finish()

    def _start(self) -> None:
        self.connection = Connection(self.store, self.spool.append, self._on_event)
        listener = Listener((announce.OUTBOX, announce.TYPING), self._heard)
        self._threads = [
            threading.Thread(target=self._forever, args=[self._receive], name="inbox"),
            threading.Thread(target=self._forever, args=[self._send], name="outbox"),
            threading.Thread(target=self._forever, args=[self._describe], name="state"),
        ]
        for thread in (*self._threads, listener):
            thread.daemon = True
            thread.start()
        self.connection.start()

    def stop(self, code: int = DONE) -> None:
        self.code = code
        self.stopping.set()
        self.wake_sender.set()
        self.spool.arrived.set()

    def _keep(self) -> None:
        """Renew the lease until told to stop. When PostgreSQL does not answer until the lease is
        nearly over, the socket must close before another worker may open one."""
        while not self.stopping.wait(settings.LEASE_RENEW_SECONDS):
            try:
                close_old_connections()
                asked = time.monotonic()
                self.session.renew(self.spool.depth(), _moment(self.spool.last_at))
                self.renewed = asked
                self.outage.ended()
                self._watch()
            except (OperationalError, InterfaceError) as error:
                self.outage.report(error)
                self.spool.sync()
                if self._lease_nearly_over():
                    raise LeaseLost("PostgreSQL is away") from error

    def _lease_nearly_over(self) -> bool:
        """By the clock that no one sets, counted from when the last renewal was asked for."""
        margin = settings.LEASE_RENEW_SECONDS * 1.5
        return time.monotonic() - self.renewed > settings.LEASE_SECONDS - margin

    def _watch(self) -> None:
        """Leave when the link can no longer be trusted to come back by itself."""
        self.session.refresh_from_db(fields=["wanted"])
        if self.session.wanted == Wanted.LOGOUT:
            if self.online.is_set() or self._waited() > UNLINK_LIMIT:
                self._logout()
        elif self.session.wanted != Wanted.ON:
            self.stop(DONE)
        elif self.connection and self.connection.ended.is_set():
            self._ended(self.connection)
        elif not self.online.is_set() and self._waited() > self._patience():
            logger.warning("number %s: no connection for too long", self.session.pk)
            self.stop(AGAIN)
        elif self.connection and self.online.is_set() and not self.introduced:
            self.introduced = self.connection.ready()

    def _ended(self, connection: Connection) -> None:
        logger.warning("number %s: %s", self.session.pk, connection.error)
        if refusal := connection.refusal:
            self._understand(refusal)
        else:
            self._enter(State.RECONNECTING)
            self.stop(AGAIN)

    def _patience(self) -> float:
        return CONNECT_LIMIT if self.session.state == State.CONNECTING else SILENCE_LIMIT

    def _waited(self) -> float:
        return (timezone.now() - self.session.state_since).total_seconds()

    def _on_event(self, code: int, payload: bytes) -> None:
        """On neonize's thread: hand over at once, since a slow callback puts messages at risk."""
        self._happened.put((code, payload))

    def _describe(self) -> None:
        try:
            code, payload = self._happened.get(timeout=1)
        except queue.Empty:
            return
        self._understand(translate(code, payload))

    def _understand(self, event: events.Event) -> None:
        match event:
            case events.Linked():
                self.session.linked_as(event.phone, event.lid, event.push_name)
            case events.Connected():
                self._connected()
            case events.Disconnected():
                self.online.clear()
                self._enter(State.RECONNECTING)
            case events.Typing():
                self._customer_types(event)
            case events.LoggedOut():
                self._refused(State.LOGGED_OUT, LOGGED_OUT_WORDS.get(event.reason, event.reason))
            case events.Replaced():
                self._refused(State.REPLACED)
            case events.Banned():
                until = timezone.now() + timedelta(seconds=event.seconds)
                self._refused(State.BANNED, BAN_WORDS.get(event.reason, UNKNOWN_BAN), until)
            case events.Outdated():
                self._refused(State.OUTDATED, retry=timezone.now() + REFUSAL_PAUSE)
            case events.ConnectFailed():
                words = f"O WhatsApp recusou a ligação ({event.reason})."
                self._refused(State.FAILED, words, timezone.now() + REFUSAL_PAUSE)

    def _connected(self) -> None:
        assert self.connection is not None
        self.introduced = self.connection.ready()
        self.online.set()
        self._enter(State.ONLINE)
        self.wake_sender.set()

    def _enter(self, state: State, detail: str = "", retry: datetime | None = None) -> None:
        with transaction.atomic():
            self.session.fence()
            self.session.enter(state, detail, retry)

    def _refused(self, state: State, detail: str = "", retry: datetime | None = None) -> None:
        """WhatsApp ended it: say so, and do not come back by ourselves."""
        self.online.clear()
        self._enter(state, detail, retry)
        self.stop(REFUSED)

    def _customer_types(self, event: events.Typing) -> None:
        contacts = known_addresses(event.person).values("contact")
        found = Conversation.objects.filter(session=self.session, contact__in=contacts).first()
        if found:
            announce.contact_typing(found.pk, found.session_id, event.state)

    def _logout(self) -> None:
        assert self.connection is not None
        try:
            self.connection.logout()
        except NotSent as error:
            logger.warning("number %s: not unlinked: %s", self.session.pk, error)
            self.session.want(Wanted.ON)
            self._enter(State.FAILED, f"Não deu para desvincular: {error.reason}")
            return
        self._unlinked()
        self.stop(DONE)

    def _unlinked(self) -> int:
        self.session.want(Wanted.OFF)
        self.session.enter(State.LOGGED_OUT, "Desvinculado pelo painel.")
        return DONE

    def _forever(self, step: Callable[[], None]) -> None:
        """The top of a loop that must live: log, and try again."""
        while not self.stopping.is_set():
            try:
                close_old_connections()
                step()
            except LeaseLost:
                self.stop(AGAIN)
            except (OperationalError, InterfaceError) as error:
                self.outage.report(error)
                self.stopping.wait(1)
            except Exception:
                logger.exception("number %s: %s", self.session.pk, step.__name__)
                self.stopping.wait(1)

    def _receive(self) -> None:
        self.spool.arrived.wait(1)
        self.spool.arrived.clear()
        while inbox.drain(self.session, self.spool):
            pass

    def _send(self) -> None:
        self.wake_sender.wait(1)
        self.wake_sender.clear()
        if not self.online.is_set() or self.connection is None:
            return
        self._tell_typing()
        outbox.acknowledge(self.session, self.connection)
        while not self.stopping.is_set() and self.online.is_set():
            if not outbox.send_next(self.session, self.connection, self.store):
                return
            self.stopping.wait(outbox.pause())
            self._tell_typing()

    def _tell_typing(self) -> None:
        typing, self._typing = self._typing, {}
        jids = Conversation.objects.filter(pk__in=typing, session=self.session)
        for pk, chat in jids.values_list("pk", "chat_jid") if typing else ():
            assert self.connection is not None
            self.connection.typing(chat, composing=typing[pk] == "composing")

    def _heard(self, channel: str, payload: str) -> None:
        if channel == announce.OUTBOX and payload == str(self.session.pk):
            self.wake_sender.set()
        elif channel == announce.TYPING:
            note = json.loads(payload)
            if note["who"] == "agent" and note["session"] == self.session.pk:
                self._typing[note["conversation"]] = note["state"]
                self.wake_sender.set()

    def _finish(self) -> int:
        """Let the send in flight end, close the socket, drain the spool, give the lease back."""
        self._threads[1].join(20)
        self._close_socket()
        self._threads[0].join(10)
        while inbox.drain(self.session, self.spool):
            pass
        if self.session.state in (State.ONLINE, State.CONNECTING, State.RECONNECTING):
            self._enter(State.STOPPED if self.code == DONE else State.RECONNECTING)
        self.session.release()
        return self.code

    def _close_socket(self) -> None:
        self.stopping.set()
        if self.connection is not None:
            self.connection.close()


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def run_worker(number: int, owner: str) -> int:
    """Run the number with primary key *number* in this process until SIGTERM; never returns to
    neonize's non-daemon threads, so the caller must leave by os._exit."""
    worker = Worker(Session.objects.get(pk=number), owner)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: worker.stop())
    return worker.run()
