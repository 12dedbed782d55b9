"""The loopback WhatsApp: accepts the unmodified client on 127.0.0.1, and is driven from Python.

The event loop lives in a thread of its own; every public method may be called from any thread.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message

from whatsapp.loopback import adv, stanzas, tls
from whatsapp.loopback.link import Link, fresh_id
from whatsapp.loopback.phones import Bubble, Company, Customer, World
from whatsapp.loopback.websocket import WebSocket
from whatsapp.loopback.wire import Node

T = TypeVar("T")
TRUST = Path(__file__).parent / "trust"
SAVE_DELAY = 0.5


class LoopbackServer:
    """A WhatsApp of our own. *state_dir* keeps its world between starts; *port* 0 is any free."""

    def __init__(self, state_dir: Path | None = None, port: int = 0) -> None:
        self._keeps = state_dir is not None
        self.folder = state_dir or Path(tempfile.mkdtemp(prefix="loopback-"))
        self.port = port
        self.world = self._load()
        self.links: dict[str, Link] = {}
        self.pairing_links: list[Link] = []
        self.typing_seen: dict[str, str] = {}
        self.listeners: list[Callable[[Company, Customer, Bubble], None]] = []
        self._all_links: set[Link] = set()
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._dirty = False

    def start(self) -> LoopbackServer:
        """Listen, and return when clients may come."""
        ready = threading.Event()
        threading.Thread(target=self._run, args=[ready], name="loopback", daemon=True).start()
        ready.wait(10)
        return self

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._tls = tls.context(self.folder)
        self._loop.run_until_complete(self._listen())
        self._loop.call_later(SAVE_DELAY, self._save_soon)
        ready.set()
        self._loop.run_forever()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Close every socket, keep the world, end the thread."""
        self.pause()
        self.call(self._save)
        self._loop.call_soon_threadsafe(self._loop.stop)

    def pause(self) -> None:
        """Become unreachable, until `resume`."""

        async def pause() -> None:
            if self._server:
                self._server.close()
                self._server = None
            for link in list(self._all_links):
                link.socket.abort()

        asyncio.run_coroutine_threadsafe(pause(), self._loop).result(10)

    def resume(self) -> None:
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def environment(self) -> dict[str, str]:
        """What a process needs in its environment, from its exec on, to take us for WhatsApp."""
        root = Path(__file__).resolve().parents[2]
        return {
            "HTTPS_PROXY": f"http://127.0.0.1:{self.port}",
            "SSL_CERT_FILE": str(self.folder / "ca.pem"),
            "NEONIZE_BOT_TAG": "off",
            "WA_LOOPBACK_ROOT": self.world.root.public.hex(),
            "PYTHONPATH": os.pathsep.join([str(TRUST), str(root)]),
        }

    def company(self, number: str, name: str) -> Company:
        """The account with that number, made when there is none."""

        def find() -> Company:
            if number not in self.world.companies:
                lid = self.world.fresh_lid()
                self.world.companies[number] = Company(number, lid, name)
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
                self.world.customers[number] = customer
                self.changed()
            return self.world.customers[number]

        return self.call(find)

    def scan(self, company: Company, code: str) -> None:
        """The company's phone reads a QR. Raises ValueError (pt-BR) for a code nobody shows."""
        seen = adv.read_code(code)

        def scan() -> None:
            for link in self.pairing_links:
                if seen.ref in link.refs:
                    link.scanned(company, seen)
                    return
            raise ValueError("Este código não vale mais; leia o que está na tela agora.")

        self.call(scan)

    def write(self, customer: Customer, company: Company, text: str) -> str:
        """The customer writes; returns the message's id."""
        return self.write_message(customer, company, Message(conversation=text))

    def write_message(self, customer: Customer, company: Company, message: Message) -> str:
        wa_id = fresh_id()

        def write() -> None:
            text = stanzas.text_of(message)
            customer.thread.append(Bubble(wa_id, text, time.time(), mine=True))
            damaged = customer.damage > 0
            customer.damage -= damaged
            stanzas.message_in(self, company, customer, wa_id, message, damaged)
            self.changed()

        self.call(write)
        return wa_id

    def write_on_phone(self, company: Company, customer: Customer, text: str) -> str:
        """Somebody answers the customer on the company's own phone."""
        wa_id = fresh_id()

        def write() -> None:
            customer.thread.append(Bubble(wa_id, text, time.time(), mine=False))
            message = Message(conversation=text)
            stanzas.own_message_in(self, company, customer, wa_id, message)
            self.changed()

        self.call(write)
        return wa_id

    def read(self, customer: Customer, company: Company, kind: str = "read") -> None:
        """The customer looks at the chat: all that the company wrote is *kind* (read, played)."""

        def read() -> None:
            unread = [b for b in customer.inbox() if stanzas.TICKS.index(b.ticks) < 2]
            for bubble in unread:
                bubble.ticks = kind
            if unread:
                ids = [bubble.wa_id for bubble in unread]
                stanzas.receipt_in(self, company, customer, ids, kind)

        self.call(read)

    def type(self, customer: Customer, company: Company, state: str = "composing") -> None:
        self.call(lambda: stanzas.typing_in(self, company, customer, state))

    def unlink(self, company: Company, told: bool = False) -> None:
        """Remove the company's device, from the phone or (*told*) as the device itself asks."""
        link = self.links.get(company.number)
        company.companion = None
        company.pending.clear()
        self.changed()
        if link and told:
            self._loop.call_later(0.1, link.socket.close)
        elif link:
            conflict = Node("conflict", {"type": "device_removed"})
            self._last_word(link, Node("stream:error", {"code": "401"}, [conflict]))

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

    def wait(self, condition: Callable[[], T], seconds: float = 10.0) -> T:
        """Wait until *condition* is true and return what it gave. Raises TimeoutError."""
        until = time.monotonic() + seconds
        while not (value := condition()):
            if time.monotonic() > until:
                raise TimeoutError("the loopback waited in vain")
            time.sleep(0.02)
        return value

    def call(self, function: Callable[[], T]) -> T:
        """Run *function* on the server's own thread, which owns the world."""
        if threading.current_thread().name == "loopback":
            return function()

        async def run() -> T:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(30)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._tunnel(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, OSError, ValueError):
            writer.close()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A proxy's CONNECT, then TLS on the same socket, then HTTP."""
        await _headers(reader)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.drain()
        await writer.start_tls(self._tls)
        line, headers = await _headers(reader)
        if not line.startswith("GET /ws/chat"):
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            writer.close()
            return
        socket = WebSocket(reader, writer)
        socket.accept(headers["sec-websocket-key"])
        link = Link(self, socket)
        self._all_links.add(link)
        await link.run()

    async def replace(self, fresh: Link) -> None:
        """Two logins of one device: the older is told and closed."""
        assert fresh.company is not None
        old = self.links.pop(fresh.company.number, None)
        if old is not None and old in self._all_links:
            conflict = Node("conflict", {"type": "replaced"})
            await old.end(Node("stream:error", {}, [conflict]))

    def push(self, company: Company, key: str, node: Node, keep: bool = False) -> None:
        """Send to the company's device, or keep it until it comes. Typing is not kept."""
        if link := self.links.get(company.number):
            link.send(node)
        elif key and not keep:
            company.pending[key] = node

    def gone(self, link: Link) -> None:
        self._all_links.discard(link)
        if link in self.pairing_links:
            self.pairing_links.remove(link)
        if link.company and self.links.get(link.company.number) is link:
            del self.links[link.company.number]

    def heard(self, company: Company, customer: Customer, bubble: Bubble) -> None:
        for listener in self.listeners:
            listener(company, customer, bubble)

    def _last_word(self, link: Link, node: Node) -> None:
        self._loop.create_task(link.end(node))

    def changed(self) -> None:
        self._dirty = True

    def _save_soon(self) -> None:
        if self._dirty:
            self._save()
        self._loop.call_later(SAVE_DELAY, self._save_soon)

    def _save(self) -> None:
        self._dirty = False
        if self._keeps:
            fresh = self.folder / "world.pickle.new"
            fresh.touch(mode=0o600)
            fresh.write_bytes(pickle.dumps(self.world))
            fresh.replace(self.folder / "world.pickle")

    def _load(self) -> World:
        file = self.folder / "world.pickle"
        if not file.exists():
            return World()
        world: World = pickle.loads(file.read_bytes())
        return world


async def _headers(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in head[1:] if line)
    return head[0], {name.strip().lower(): value.strip() for name, _, value in pairs}
