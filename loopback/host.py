"""The network side of the loopback: a proxy on 127.0.0.1 that ends every tunnel itself.

The event loop lives in a thread of its own, which owns the world; `call` goes there.
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
from typing import Self, TypeVar

from loopback import tls
from loopback.link import Link
from loopback.media import MediaHost, headers
from loopback.phones import World
from loopback.websocket import WebSocket

T = TypeVar("T")
TRUST = Path(__file__).parent / "trust"
# A big world takes long to write: at most a tenth of the time goes into it.
SAVE_DELAY, SAVE_SHARE = 0.5, 10


class Host:
    """Listens, keeps the world between starts in *state_dir*; *port* 0 is any free one."""

    def __init__(self, state_dir: Path | None = None, port: int = 0) -> None:
        self._keeps = state_dir is not None
        self.folder = state_dir or Path(tempfile.mkdtemp(prefix="loopback-"))
        self.port = port
        self.world = self._load()
        self.media = MediaHost(self.folder / "media")
        self._sockets: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._dirty = False

    def start(self) -> Self:
        """Listen, and return when clients may come."""
        ready = threading.Event()
        threading.Thread(target=self._run, args=[ready], name="loopback", daemon=True).start()
        ready.wait(10)
        return self

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._tls = tls.context(self.folder)
        self._loop.run_until_complete(self._listen())
        self._loop.call_later(SAVE_DELAY, self._save_later)
        ready.set()
        self._loop.run_forever()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Close every socket, keep the world, end the thread."""
        self.pause()
        self.call(self.save)
        self._loop.call_soon_threadsafe(self._loop.stop)

    def pause(self) -> None:
        """Become unreachable, until `resume`."""

        async def pause() -> None:
            if self._server:
                self._server.close()
                self._server = None
            for writer in list(self._sockets):
                # Abort, not close: what an outage does to a connection.
                writer.transport.abort()

        asyncio.run_coroutine_threadsafe(pause(), self._loop).result(10)

    def resume(self) -> None:
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def environment(self) -> dict[str, str]:
        """What a process needs in its environment, from its exec on, to take us for WhatsApp."""
        root = Path(__file__).resolve().parents[1]
        return {
            "HTTPS_PROXY": f"http://127.0.0.1:{self.port}",
            "SSL_CERT_FILE": str(self.folder / "ca.pem"),
            "NEONIZE_BOT_TAG": "off",
            "WA_LOOPBACK_ROOT": self.world.root.public.hex(),
            "PYTHONPATH": os.pathsep.join([str(TRUST), str(root)]),
        }

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
        # Waiting for our own thread would wait for ever.
        if threading.current_thread().name == "loopback":
            return function()

        async def run() -> T:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(30)

    def later(self, seconds: float, function: Callable[[], object]) -> None:
        self._loop.call_later(seconds, function)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._sockets.add(writer)
        try:
            await self._tunnel(reader, writer)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError, ValueError):
            pass
        finally:
            self._sockets.discard(writer)
            writer.close()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A proxy's CONNECT, then TLS on the same socket, then HTTP: the chat, or files."""
        await headers(reader)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.drain()
        await writer.start_tls(self._tls)
        line, fields = await headers(reader)
        # Chat and files come to the same port; the request's path tells which.
        if not line.startswith("GET /ws/chat"):
            await self.media.serve(reader, writer, line, fields)
            return
        socket = WebSocket(reader, writer)
        socket.accept(fields["sec-websocket-key"])
        await self._new_link(socket).run()

    def _new_link(self, socket: WebSocket) -> Link:
        raise NotImplementedError

    def changed(self) -> None:
        self._dirty = True

    def _save_later(self) -> None:
        begun = time.monotonic()
        if self._dirty:
            self.save()
        took = time.monotonic() - begun
        self._loop.call_later(max(SAVE_DELAY, SAVE_SHARE * took), self._save_later)

    def save(self) -> None:
        """Write the world down, if it is to be kept."""
        self._dirty = False
        if self._keeps:
            fresh = self.folder / "world.pickle.new"
            fresh.touch(mode=0o600)
            fresh.write_bytes(pickle.dumps(self.world))
            # Written beside and renamed: a kill in between leaves the old world whole.
            fresh.replace(self.folder / "world.pickle")

    def _load(self) -> World:
        file = self.folder / "world.pickle"
        if not file.exists():
            return World()
        world: World = pickle.loads(file.read_bytes())
        return world
