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

from neonize.exc import NeonizeError
from neonize.proto import Neonize_pb2 as pb
from neonize.utils.enum import ChatPresence, ChatPresenceMedia, Presence, ReceiptType

from whatsapp import events, jid
from whatsapp.contents import Content, Quote
from whatsapp.gateway import codes
from whatsapp.gateway.client import new_client
from whatsapp.gateway.compose import compose
from whatsapp.gateway.sending import WORDLESS, NotSent, Sent, sort_error
from whatsapp.gateway.store import Store

logger = logging.getLogger(__name__)


class Connection:
    """Connects one device, hands over what arrives, and sends.

    *on_raw(code, payload)* gets what must be kept; *on_event* what describes the link.
    """

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
        self._client = new_client(store, f"number-{id(self)}", self._callback, on_qr, on_login)
        self._started = False

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
