"""One linked device on one socket: the only place that drives neonize's client.

neonize shares process-wide Go maps without a lock, and a Go panic ends the process, so a process
holds one Connection and is disposable. Callbacks of the client come in order on one thread.
"""

from __future__ import annotations

import ctypes
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from whatsapp import events, jid
from whatsapp.contents import Content, Quote
from whatsapp.gateway import codes
from whatsapp.gateway.compose import compose
from whatsapp.gateway.sending import WORDLESS, NotSent, Sent, sort_error
from whatsapp.gateway.store import Store

# Before connect(): at its default level every frame, with its addresses, goes through an unbounded
# queue in Python.
logging.getLogger("neonize.utils.log").setLevel(logging.WARNING)

from neonize.client import NewClient  # noqa: E402
from neonize.exc import NeonizeError  # noqa: E402
from neonize.proto import Neonize_pb2 as pb  # noqa: E402
from neonize.proto.waCompanionReg.WAWebProtobufsCompanionReg_pb2 import DeviceProps  # noqa: E402
from neonize.utils.enum import (  # noqa: E402
    ChatPresence,
    ChatPresenceMedia,
    Presence,
    ReceiptType,
)

logger = logging.getLogger(__name__)

# Clients are never collected: a collected one stops whatever runs under its name in Go.
_KEPT: list[NewClient] = []


class Connection:
    """*on_raw(code, payload)* gets what must be kept; *on_event* what describes the link."""

    def __init__(
        self,
        store: Store,
        on_raw: Callable[[int, bytes], None],
        on_event: Callable[[int, bytes], None],
        on_qr: Callable[[str], None] | None = None,
        on_login: Callable[[str], None] | None = None,
    ) -> None:
        self._on_raw, self._on_event = on_raw, on_event
        self.last_callback = time.monotonic()
        self.error: str | None = None
        self.ended = threading.Event()
        self._client = self._new_client(store, on_qr, on_login)
        self._started = False

    def _new_client(
        self,
        store: Store,
        on_qr: Callable[[str], None] | None,
        on_login: Callable[[str], None] | None,
    ) -> NewClient:
        # What the phone shows under *Aparelhos conectados*, taken over at pairing.
        props = DeviceProps(os="Painel de Atendimento", platformType=DeviceProps.CHROME)
        # Without a jid: one that the store does not have ends the process. The name is a key in
        # Go's maps, so that two clients of one name would share a socket.
        client = NewClient(store.dsn, uuid=f"number-{id(self)}", props=props)
        _KEPT.append(client)
        client._stop_finalizer.detach()
        # Instance attributes win over the class's: raw bytes, no parsing on this thread, no print.
        client.event.list_func = dict.fromkeys(codes.SUBSCRIBED, _nothing)
        client.event.execute = self._callback
        # There is no public hook: neonize's own for the status prints a pointer and tells nobody.
        private: Any = client
        private._NewClient__onQr = lambda _, text: (on_qr or _nothing)(
            ctypes.string_at(text).decode()
        )
        private._NewClient__onLoginStatus = lambda _, text: (on_login or _nothing)(
            ctypes.string_at(text).decode()
        )
        return client

    def _callback(self, _uuid: int, pointer: int, size: int, code: int) -> None:
        """Runs on the client's thread for every event; returns only when it is kept."""
        self.last_callback = time.monotonic()
        payload = ctypes.string_at(pointer, size) if size else b""
        if code not in codes.SPOOLED:
            self._on_event(code, payload)
            return
        # By now WhatsApp counts it as delivered, and ctypes swallows whatever is raised here.
        while True:
            try:
                self._on_raw(code, payload)
                return
            except Exception:
                # Returning would lose it: a full disk becomes back-pressure instead.
                logger.exception("spool refuses an arrival of code %s", code)
                time.sleep(1)

    def start(self) -> None:
        self._started = True
        # connect() returns when the link is given up; after codes that ran out it never does.
        threading.Thread(target=self._run, name="connect", daemon=True).start()

    def _run(self) -> None:
        try:
            self._client.connect()
        except NeonizeError as error:
            # The first dial is not tried again by whatsmeow: this process ends and another one
            # begins.
            self.error = str(error) or "connect failed"
        finally:
            self.ended.set()

    @property
    def refusal(self) -> events.Banned | events.ConnectFailed | None:
        """What WhatsApp said, when neonize ended because it has no word for it."""
        for mark, event in WORDLESS.items():
            if mark in (self.error or ""):
                return event
        return None

    @property
    def connected(self) -> bool:
        return bool(self._client.is_connected)

    def ready(self) -> bool:
        """After Connected: ask for normal delivery receipts, and stay unavailable, since
        "available" would mute the push of the owner's phone. False when that must be said again
        later: a device that was just linked does not know the account's name yet."""
        self._client.set_force_activate_delivery_receipts(True)
        try:
            self._client.send_presence(Presence.UNAVAILABLE)
        except NeonizeError as error:
            logger.debug("presence not sent yet: %s", error)
            return False
        return True

    def send(self, chat: str, content: Content, secret: bytes, quote: Quote | None = None) -> Sent:
        """Send *content* and wait for WhatsApp's word. Raises NotSent or Unproved."""
        # May take five minutes (75 s for the ack and for each look-up before it) and cannot be
        # cancelled; `loop.STUCK` leaves room for that.
        message = compose(content, secret, quote)
        try:
            answer = self._client.send_message(_jid(chat), message)
        except NeonizeError as error:
            raise sort_error(str(error)) from error
        # Seconds here; milliseconds in a message that arrives.
        return Sent(answer.ID, datetime.fromtimestamp(answer.Timestamp, UTC))

    def mark_read(self, chat: str, wa_ids: list[str]) -> None:
        """Tell the customer that we read these. Raises NeonizeError's reason as NotSent."""
        to = _jid(chat)
        try:
            # One sender a call; in a direct chat that is the chat.
            self._client.mark_read(*wa_ids, chat=to, sender=to, receipt=ReceiptType.READ)
        except NeonizeError as error:
            raise NotSent(str(error), again=True, link=True) from error

    def typing(self, chat: str, composing: bool) -> None:
        """Show the customer that somebody types, or no longer does. Worth no error."""
        state = (
            ChatPresence.CHAT_PRESENCE_COMPOSING if composing else ChatPresence.CHAT_PRESENCE_PAUSED
        )
        try:
            self._client.send_chat_presence(
                _jid(chat), state, ChatPresenceMedia.CHAT_PRESENCE_MEDIA_TEXT
            )
        except NeonizeError as error:
            logger.debug("typing not sent: %s", error)

    def logout(self) -> None:
        """Unlink this device from the account. Raises NotSent when WhatsApp cannot be asked."""
        try:
            # Deletes the device from the key store, and no event tells of it.
            self._client.logout()
        except NeonizeError as error:
            raise NotSent(str(error), again=True, link=True) from error

    def close(self, quiet: float = 1.0, limit: float = 15.0) -> None:
        """Close the socket, let the callbacks run dry, then stop.

        A bare stop() throws away events that WhatsApp already counts as delivered.
        """
        if not self._started:
            return  # Go has never heard of it
        # Closes the socket and goes on handing over: what WhatsApp has not sent it keeps.
        self._client.disconnect()
        until = time.monotonic() + limit
        # Quiet counts from now: the last callback may be an hour old and the next on its way.
        self.last_callback = max(self.last_callback, time.monotonic())
        while time.monotonic() < until and time.monotonic() - self.last_callback < quiet:
            time.sleep(0.05)
        self._client.stop()


def _jid(text: str) -> pb.JID:
    # The protobuf requires every field: without one it raises EncodeError, no NeonizeError.
    address = jid.parse(text)
    return pb.JID(
        User=address.user,
        Server=address.server,
        Device=0,
        RawAgent=0,
        Integrator=0,
        IsEmpty=False,
    )


def _nothing(*_: object) -> None:
    return None
