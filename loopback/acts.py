"""What people do on their phones: customers write, read and type; the owner uses the phone too."""

from __future__ import annotations

import time
import zlib

from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message, ProtocolMessage
from neonize.proto.waHistorySync.WAWebProtobufsHistorySync_pb2 import HistorySync

from loopback import adv, groups, login, to_device
from loopback.appstate import PUSH_NAME
from loopback.content import text_of
from loopback.from_device import TICKS
from loopback.link import fresh_id
from loopback.phones import Bubble, Company, Customer
from loopback.switchboard import Switchboard
from loopback.wire import Jid, Node


class Acts(Switchboard):
    """Every verb may be called from any thread; those that write return the message's id."""

    def scan(self, company: Company, code: str) -> None:
        """The company's phone reads a QR. Raises ValueError (pt-BR) for a code nobody shows."""
        seen = adv.read_code(code)

        def scan() -> None:
            for link in self.pairing_links:
                if seen.ref in link.refs:
                    login.scanned(link, company, seen)
                    return
            raise ValueError("Este código não vale mais; leia o que está na tela agora.")

        self.call(scan)

    def write(self, customer: Customer, company: Company, text: str) -> str:
        """The customer writes; returns the message's id."""
        return self.write_message(customer, company, Message(conversation=text))

    def write_message(self, customer: Customer, company: Company, message: Message) -> str:
        wa_id = fresh_id()

        def write() -> None:
            raw = message.SerializeToString()
            customer.add(Bubble(wa_id, text_of(message), time.time(), mine=True, raw=raw))
            # One less to damage each time; a bool counts as 0 or 1.
            damaged = customer.damage > 0
            customer.damage -= damaged
            to_device.message_in(self, company, customer, wa_id, message, damaged)
            self.changed()

        self.call(write)
        return wa_id

    def write_on_phone(self, company: Company, customer: Customer, text: str) -> str:
        """Somebody answers the customer on the company's own phone."""
        wa_id, message = fresh_id(), Message(conversation=text)

        def write() -> None:
            customer.add(Bubble(wa_id, text, time.time(), mine=False))
            to_device.own_message_in(self, company, customer, wa_id, message)
            self.changed()

        self.call(write)
        return wa_id

    def send_image(
        self,
        customer: Customer,
        company: Company,
        data: bytes,
        caption: str = "",
        mimetype: str = "image/jpeg",
    ) -> str:
        message = Message()
        message.imageMessage.caption, message.imageMessage.mimetype = caption, mimetype
        return self.write_message(customer, company, self.media.attach(message, data))

    def send_audio(
        self, customer: Customer, company: Company, data: bytes, voice: bool = True
    ) -> str:
        message = Message()
        message.audioMessage.PTT, message.audioMessage.mimetype = voice, "audio/ogg; codecs=opus"
        return self.write_message(customer, company, self.media.attach(message, data))

    def send_document(
        self,
        customer: Customer,
        company: Company,
        data: bytes,
        file_name: str,
        mimetype: str = "application/pdf",
    ) -> str:
        message = Message()
        message.documentMessage.fileName, message.documentMessage.mimetype = file_name, mimetype
        return self.write_message(customer, company, self.media.attach(message, data))

    def download(self, bubble: Bubble) -> bytes:
        """The file in *bubble*, as its receiver's phone opens it. Raises media.Damaged."""
        return self.media.open(bubble.message)

    def write_in_group(self, customer: Customer, company: Company, group: str, text: str) -> str:
        """The customer writes into the group with that id (digits), which the company is in."""
        return self._write_to_many(customer, company, Jid(group, groups.GROUP), text)

    def post_status(self, customer: Customer, company: Company, text: str) -> str:
        return self._write_to_many(customer, company, groups.STATUS, text)

    def _write_to_many(self, customer: Customer, company: Company, chat: Jid, text: str) -> str:
        wa_id, message = fresh_id(), Message(conversation=text)
        self.call(lambda: groups.message_in(self, company, customer, chat, wa_id, message))
        return wa_id

    def publish(self, company: Company, newsletter: str, text: str) -> str:
        """A channel (digits) that the company follows publishes something, unencrypted."""
        wa_id, message = fresh_id(), Message(conversation=text)
        chat = Jid(newsletter, groups.NEWSLETTER)
        self.call(lambda: groups.newsletter_in(self, company, chat, wa_id, message))
        return wa_id

    def read(self, customer: Customer, company: Company, kind: str = "read") -> None:
        """The customer looks at the chat: all that the company wrote is *kind* (read, played)."""

        def read() -> None:
            # Below read: sent or delivered. What could not be opened is not read.
            unread = [b for b in customer.inbox() if b.readable and TICKS.index(b.ticks) < 2]
            for bubble in unread:
                bubble.ticks = kind
            if unread:
                ids = [bubble.wa_id for bubble in unread]
                to_device.receipt_in(self, company, customer, ids, kind)

        self.call(read)

    def ask_again(self, customer: Customer, company: Company) -> None:
        """The customer's phone asks once more for every message that it could not read."""

        def ask() -> None:
            for bubble in customer.thread:
                if not bubble.readable:
                    to_device.retry_in(self, company, customer, bubble.wa_id)

        self.call(ask)

    def reinstall(self, customer: Customer, company: Company) -> None:
        """The customer's phone loses its Signal sessions with the company's device."""
        self.call(lambda: customer.forget(company.device_lid))

    def type(self, customer: Customer, company: Company, state: str = "composing") -> None:
        self.call(lambda: to_device.typing_in(self, company, customer, state))

    def rename(self, company: Company, name: str) -> None:
        """The owner changes the account's name on the phone; its devices hear that it changed."""

        def rename() -> None:
            company.name = name
            version = company.app_state.set_push_name(name)
            # The device is only told which version there is, and fetches the patches itself.
            changed = Node("collection", {"name": PUSH_NAME, "version": str(version)})
            to_device.notice_in(self, company, "server_sync", changed)
            self.changed()

        self.call(rename)

    def share_history(self, company: Company, history: HistorySync) -> str:
        """The company's phone hands *history* to its device, inside the message itself."""
        wa_id, message = fresh_id(), Message()
        message.protocolMessage.type = ProtocolMessage.HISTORY_SYNC_NOTIFICATION
        notice = message.protocolMessage.historySyncNotification
        notice.syncType = history.syncType
        # Small enough to ride inside the message; large histories go through the file store.
        packed = zlib.compress(history.SerializeToString())
        notice.initialHistBootstrapInlinePayload = packed
        self.call(lambda: to_device.peer_message_in(self, company, wa_id, message))
        return wa_id
