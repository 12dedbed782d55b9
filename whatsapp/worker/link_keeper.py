"""The socket of a number: opened, watched, and its events made into the number's state."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from live import announce
from whatsapp import events
from whatsapp.gateway.connection import Connection
from whatsapp.gateway.sending import NotSent
from whatsapp.gateway.store import Store
from whatsapp.gateway.translate import translate
from whatsapp.models import Conversation, Session, State, Wanted
from whatsapp.models.identify import known_addresses
from whatsapp.worker.exits import AGAIN, DONE
from whatsapp.worker.link import LinkChange, link_change
from whatsapp.worker.spool import Spool

logger = logging.getLogger(__name__)

# Seconds. whatsmeow mends a lost link by itself, each time 2 s later and without a bound; after ten
# minutes a new process is faster. Who cannot be reached is not asked to unlink for long.
CONNECT_LIMIT = 60.0
SILENCE_LIMIT = 600.0
UNLINK_LIMIT = 30.0


class LinkKeeper:
    """Owns the connection of one number, and writes what happens to it into the number's state.

    *stop(exit code)* ends the process; *came_online* is called with each new link.
    """

    def __init__(
        self,
        session: Session,
        store: Store,
        spool: Spool,
        stop: Callable[[int], None],
    ) -> None:
        self.session, self.stop = session, stop
        self.connection = Connection(store, spool.append, self._on_event)
        self.online = threading.Event()
        self.came_online: Callable[[], None] = lambda: None
        self.presence_sent = False
        # Unlike messages, what happens to the link comes in no promised order with the rest.
        self._happened: queue.SimpleQueue[tuple[int, bytes]] = queue.SimpleQueue()

    def _on_event(self, code: int, payload: bytes) -> None:
        """On neonize's thread: hand over at once, since a slow callback puts messages at risk."""
        self._happened.put((code, payload))

    def read_link_events(self) -> None:
        """Treat the next thing that happened to the link, or wait a second for one."""
        try:
            code, payload = self._happened.get(timeout=1)
        except queue.Empty:
            return
        self.on_link_event(translate(code, payload))

    def on_link_event(self, event: events.Event) -> None:
        match event:
            case events.Linked():
                self.session.linked_as(event.phone, event.lid, event.push_name)
            case events.Typing():
                self._customer_types(event)
            case events.Connected():
                self._connected()
            case _:
                if change := link_change(event):
                    self._leave(change)

    def _connected(self) -> None:
        self.presence_sent = self.connection.ready()
        self.online.set()
        self.enter(LinkChange(State.ONLINE))
        self.came_online()

    def _leave(self, change: LinkChange) -> None:
        self.online.clear()
        self.enter(change)
        if change.exit is not None:
            self.stop(change.exit)

    def enter(self, change: LinkChange) -> None:
        """Record the state, if the number is still ours. Raises LeaseLost."""
        retry = timezone.now() + change.retry if change.retry is not None else None
        with transaction.atomic():
            self.session.fence()
            self.session.enter(change.state, change.words, retry)

    def _customer_types(self, event: events.Typing) -> None:
        # Who only types makes no contact.
        contacts = known_addresses(event.person).values("contact")
        found = Conversation.objects.filter(session=self.session, contact__in=contacts).first()
        if found:
            announce.contact_typing(found.pk, found.session_id, event.state)

    def watch(self) -> None:
        """Leave when nobody wants the link, or it cannot be trusted to come back by itself."""
        self.session.refresh_from_db(fields=["wanted"])
        if self.session.wanted == Wanted.LOGOUT:
            if self.online.is_set() or self._waited() > UNLINK_LIMIT:
                self._logout()
        elif self.session.wanted != Wanted.ON:
            self.stop(DONE)
        elif self.connection.ended.is_set():
            self._ended()
        elif not self.online.is_set() and self._waited() > self._patience():
            logger.warning("number %s: no connection for too long", self.session.pk)
            self.stop(AGAIN)
        elif self.online.is_set() and not self.presence_sent:
            self.presence_sent = self.connection.ready()

    def _patience(self) -> float:
        return CONNECT_LIMIT if self.session.state == State.CONNECTING else SILENCE_LIMIT

    def _waited(self) -> float:
        return (timezone.now() - self.session.state_since).total_seconds()

    def _ended(self) -> None:
        # connect() has returned: nothing mends this link any more.
        logger.warning("number %s: %s", self.session.pk, self.connection.error)
        if refusal := self.connection.refusal:
            self.on_link_event(refusal)
        else:
            self._leave(LinkChange(State.RECONNECTING, exit=AGAIN))

    def _logout(self) -> None:
        try:
            self.connection.logout()
        except NotSent as error:
            logger.warning("number %s: not unlinked: %s", self.session.pk, error)
            # First: as long as LOGOUT is wanted, the next look would try again.
            self.session.want(Wanted.ON)
            self.enter(LinkChange(State.FAILED, f"Não deu para desvincular: {error.reason}"))
            return
        unlinked(self.session)
        self.stop(DONE)


def unlinked(session: Session) -> None:
    """Record that the number has no device any more, as was asked for."""
    session.want(Wanted.OFF)
    session.enter(State.LOGGED_OUT, "Desvinculado pelo painel.")
