"""The server's side of RFC 6455 for binary streams: enough for one well-known client."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import struct

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CLOSE, _PING, _PONG = 8, 9, 10


class Closed(Exception):
    """The peer closed the socket, or it broke."""


class WebSocket:
    """Bytes in both directions; message borders carry no meaning on this wire."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def accept(self, key: str) -> None:
        # The client offers permessage-deflate; not naming it in the answer declines it.
        digest = base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()
        self._writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + f"Sec-WebSocket-Accept: {digest}\r\n\r\n".encode()
        )

    async def read(self) -> bytes:
        """The payload of the next data frame. Raises Closed."""
        try:
            while True:
                opcode, payload = await self._frame()
                if opcode == _CLOSE:
                    raise Closed
                if opcode == _PING:
                    self._write(_PONG, payload)
                elif opcode != _PONG:
                    return payload
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise Closed from error

    async def _frame(self) -> tuple[int, bytes]:
        head = await self._reader.readexactly(2)
        length = head[1] & 127
        if length == 126:
            length = struct.unpack(">H", await self._reader.readexactly(2))[0]
        elif length == 127:
            length = struct.unpack(">Q", await self._reader.readexactly(8))[0]
        # What a client sends is masked, what a server sends is not (RFC 6455, 5.3).
        mask = await self._reader.readexactly(4) if head[1] & 128 else b""
        return head[0] & 15, _unmask(await self._reader.readexactly(length), mask)

    def write(self, payload: bytes) -> None:
        self._write(2, payload)

    def _write(self, opcode: int, payload: bytes) -> None:
        size = len(payload)
        if size < 126:
            head = struct.pack(">BB", 128 | opcode, size)
        elif size < 1 << 16:
            head = struct.pack(">BBH", 128 | opcode, 126, size)
        else:
            head = struct.pack(">BBQ", 128 | opcode, 127, size)
        self._writer.write(head + payload)

    def close(self) -> None:
        self._writer.close()

    def abort(self) -> None:
        self._writer.transport.abort()


def _unmask(data: bytes, mask: bytes) -> bytes:
    if not mask:
        return data
    size = len(data)
    # One XOR over a large number is a hundred times as fast as a loop over bytes.
    whole = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return (int.from_bytes(data, "big") ^ whole).to_bytes(size, "big")
