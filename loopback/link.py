"""One client's chat socket: bytes in and out of stanzas, behind Noise."""

from __future__ import annotations

import asyncio
import os
from typing import Protocol

from cryptography.exceptions import InvalidTag
from neonize.proto.waWa6.WAWebProtobufsWa6_pb2 import ClientPayload

from loopback.keys import KeyPair
from loopback.noise import Cipher, Handshake
from loopback.phones import Companion, Company
from loopback.websocket import Closed, WebSocket
from loopback.wire import Node, decode, encode

INTRO = 4
LAST_WORD_DELAY = 0.05


class Conduct(Protocol):
    """What is done with a link: `loopback.login` in the server."""

    async def opened(self, link: Link) -> None:
        """The Noise handshake is done; `link.payload` says what the client wants."""

    async def received(self, link: Link, node: Node) -> None:
        """The client sent *node*."""

    def closed(self, link: Link) -> None:
        """Nothing more will come."""


class Link:
    """A connected client. `company` is None until it has logged in, `pairing` while it pairs."""

    def __init__(self, socket: WebSocket, root: KeyPair, conduct: Conduct) -> None:
        self.socket, self._root, self._conduct = socket, root, conduct
        self.company: Company | None = None
        self.pairing: tuple[Company, Companion] | None = None
        self.refs: list[str] = []
        self.held_acks: list[Node] = []
        self.payload = ClientPayload()
        self.noise_key = b""
        self._buffer = b""
        self._seal: Cipher | None = None

    async def run(self) -> None:
        """Serve the client until one of both closes."""
        try:
            reader = await self._shake_hands()
            await self._conduct.opened(self)
            while True:
                node = decode(reader.open(await self._frame()))
                await self._conduct.received(self, node)
        except (Closed, InvalidTag):
            pass
        finally:
            self._conduct.closed(self)
            self.socket.close()

    async def _bytes(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._buffer += await self.socket.read()
        head, self._buffer = self._buffer[:size], self._buffer[size:]
        return head

    async def _frame(self) -> bytes:
        return await self._bytes(int.from_bytes(await self._bytes(3), "big"))

    def _write(self, body: bytes) -> None:
        self.socket.write(len(body).to_bytes(3, "big") + body)

    async def _shake_hands(self) -> Cipher:
        handshake = Handshake(self._root, await self._bytes(INTRO))
        self._write(handshake.answer(await self._frame()))
        finished = handshake.finish(await self._frame())
        self.noise_key, self.payload, opener, self._seal = finished
        return opener

    def send(self, node: Node) -> None:
        assert self._seal is not None
        self._write(self._seal.seal(encode(node)))

    async def end(self, node: Node) -> None:
        """Send a last word and close; at once would lose it."""
        self.send(node)
        await asyncio.sleep(LAST_WORD_DELAY)
        self.socket.close()


def fresh_id() -> str:
    """A message id of the shape that phones use."""
    return "3A" + os.urandom(9).hex().upper()
