"""What goes out by a number's link: messages, read receipts, and who is typing."""

from __future__ import annotations

import json
import threading

from live import announce
from whatsapp.gateway.store import Store
from whatsapp.models import Conversation, Session
from whatsapp.vocabulary import Composing
from whatsapp.worker import outbox
from whatsapp.worker.link_keeper import LinkKeeper


class Sender:
    """Sends what a number has queued, its read receipts and its agents' typing.

    Works in `step`, on one thread; `hear` and `wake` are called from others.
    """

    def __init__(
        self, session: Session, store: Store, link: LinkKeeper, stopping: threading.Event
    ) -> None:
        self.session, self.store, self.link, self.stopping = session, store, link, stopping
        self._woken = threading.Event()
        self._more = False
        self._typing: dict[int, str] = {}

    def wake(self) -> None:
        self._woken.set()

    def hear(self, channel: str, payload: str) -> None:
        """Take a NOTIFY: something to send for this number, or an agent who types."""
        if channel == announce.OUTBOX and payload == str(self.session.pk):
            self.wake()
        elif channel == announce.TYPING:
            note = json.loads(payload)
            # Customers' typing is on the same channel, for browsers.
            if note["who"] == "agent" and note["session"] == self.session.pk:
                self._typing[note["conversation"]] = note["state"]
                self.wake()

    def step(self) -> None:
        """Send one message, and whatever else is due; wait first when there was none."""
        if not self._more:
            # A NOTIFY wakes it; once a second is the net.
            self._woken.wait(1)
            self._woken.clear()
        self._more = False
        if self.stopping.is_set() or not self.link.online.is_set():
            return
        self._tell_typing()
        outbox.acknowledge(self.session, self.link.connection)
        self._more = outbox.send_next(self.session, self.link.connection, self.store)
        if self._more:
            self.stopping.wait(outbox.pause())

    def _tell_typing(self) -> None:
        # Swapped whole: `hear` writes into it from the listener's thread.
        typing, self._typing = self._typing, {}
        jids = Conversation.objects.filter(pk__in=typing, session=self.session)
        for pk, chat in jids.values_list("pk", "chat_jid") if typing else ():
            self.link.connection.typing(chat, composing=typing[pk] == Composing.TYPING)
