"""The loopback WhatsApp: accepts the unmodified client on 127.0.0.1, and is driven from Python.

The event loop lives in a thread of its own; every public method may be called from any thread.
"""

from __future__ import annotations

from loopback import from_device, login
from loopback.acts import Acts
from loopback.host import TRUST as TRUST
from loopback.link import Link
from loopback.phones import Company, Customer
from loopback.websocket import WebSocket
from loopback.wire import Node


class LoopbackServer(Acts):
    """A WhatsApp of our own: its accounts, and what befalls the company's device."""

    def _new_link(self, socket: WebSocket) -> Link:
        return Link(socket, self.world.root, login.Login(self))

    def company(self, number: str, name: str) -> Company:
        """The account with that number, made when there is none."""

        def find() -> Company:
            if number not in self.world.companies:
                self.world.welcome(Company(number, self.world.fresh_lid(), name))
                self.changed()
            return self.world.companies[number]

        return self.call(find)

    def customer(
        self,
        number: str,
        name: str,
        *,
        hidden: bool = False,
        addressing: str = "lid",
        auto_receipts: bool = True,
    ) -> Customer:
        def find() -> Customer:
            if number not in self.world.customers:
                customer = Customer(number, self.world.fresh_lid(), name)
                customer.hidden, customer.addressing = hidden, addressing
                customer.auto_receipts = auto_receipts
                self.world.welcome(customer)
                self.changed()
            return self.world.customers[number]

        return self.call(find)

    def unlink_on_phone(self, company: Company) -> None:
        self.call(lambda: self.unlink(company))

    def drop(self, company: Company) -> None:
        """Cut the TCP connection of the company's device."""
        self.call(lambda: self.links[company.number].socket.abort())

    def stream_error(self, company: Company, code: str = "503") -> None:
        node = Node("stream:error", {"code": code})
        self.call(lambda: self._last_word(self.links[company.number], node))

    def replace_elsewhere(self, company: Company) -> None:
        """As if the same keys had logged in somewhere else."""
        node = Node("stream:error", {}, [Node("conflict", {"type": "replaced"})])
        self.call(lambda: self._last_word(self.links[company.number], node))

    def release_acks(self, company: Company) -> int:
        """Acknowledge what `Faults.hold_acks` withheld; return how many messages that was."""

        def release() -> int:
            link = self.links[company.number]
            held, link.held_acks = link.held_acks, []
            for node in held:
                from_device.acknowledge(link, company, node)
            return len(held)

        return self.call(release)
