"""Who is connected, and what goes to whom: at once, or when they come back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from loopback.host import Host
from loopback.link import Link
from loopback.phones import Bubble, Company, Customer
from loopback.wire import Node


class Switchboard(Host):
    """`links` are the logged-in devices by their company's number."""

    def __init__(self, state_dir: Path | None = None, port: int = 0) -> None:
        super().__init__(state_dir, port)
        self.links: dict[str, Link] = {}
        self.pairing_links: list[Link] = []
        self.typing_seen: dict[str, str] = {}
        self.listeners: list[Callable[[Company, Customer, Bubble], None]] = []

    async def replace(self, fresh: Link) -> None:
        """Two logins of one device: the older is told and closed."""
        assert fresh.company is not None
        # Popped before it is told: what is pushed meanwhile waits for the new one.
        old = self.links.pop(fresh.company.number, None)
        if old is not None:
            conflict = Node("conflict", {"type": "replaced"})
            await old.end(Node("stream:error", {}, [conflict]))

    def push(self, company: Company, key: str, node: Node) -> None:
        """Send to the company's device, and keep under *key* until it confirms; what has no key
        (typing) is not kept."""
        if key and company.companion:
            # Kept before it is sent: a link that falls in between finds it at the next login.
            company.pending[key] = node
        if link := self.links.get(company.number):
            link.send(node)

    def next_notice(self) -> str:
        self.world.next_notice += 1
        return str(self.world.next_notice)

    def gone(self, link: Link) -> None:
        if link in self.pairing_links:
            self.pairing_links.remove(link)
        # A link that was replaced is no longer ours to remove.
        if link.company and self.links.get(link.company.number) is link:
            del self.links[link.company.number]

    def heard(self, company: Company, customer: Customer, bubble: Bubble) -> None:
        for listener in self.listeners:
            listener(company, customer, bubble)

    def _last_word(self, link: Link, node: Node) -> None:
        self._loop.create_task(link.end(node))

    def unlink(self, company: Company, told: bool = False) -> None:
        """Remove the company's device, from the phone or (*told*) as the device itself asks."""
        link = self.links.get(company.number)
        company.companion = None
        company.pending.clear()
        company.written.clear()
        self.changed()
        if link and told:
            # The device waits for the result of its question before the socket goes.
            self.later(0.1, link.socket.close)
        elif link:
            conflict = Node("conflict", {"type": "device_removed"})
            self._last_word(link, Node("stream:error", {"code": "401"}, [conflict]))
