"""The web process: daphne, which on SIGTERM finishes what it has begun.

    python -m painel.web -b 127.0.0.1 -p 8000

takes daphne's own options. `daphne painel.asgi:application` still serves, but ends abruptly.
"""

from __future__ import annotations

# First: the settings ask whether daphne is there, and daphne installs Twisted's reactor.
from daphne.server import Server  # isort: skip

import asyncio
import logging
import os
import signal
import sys
from typing import Any

from daphne.cli import CommandLineInterface
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from environs import EnvError
from twisted.internet import reactor, tcp

from live import shutdown
from live.outlet import CloseCode

logger = logging.getLogger(__name__)

# Seconds: for what a client has sent but we have not read; for sockets to close by themselves.
LINGER = 0.3
PATIENCE = 3.0
SIGNALS = (signal.SIGTERM, signal.SIGINT)


class DrainingServer(Server):
    """Daphne, but on SIGTERM it listens no more, answers what is in flight, then ends, after
    DRAIN_SECONDS at the latest.

    Needs the event loop of Twisted's asyncio reactor. A second signal ends the process at once.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.ports: list[Any] = []
        self.draining: asyncio.Task[None] | None = None
        # Twisted's own handlers stop the reactor at once; ours are set when daphne is about to run
        # it.
        super().__init__(*args, signal_handlers=False, ready_callable=self._heed_signals, **kwargs)

    def listen_success(self, port: Any) -> None:
        self.ports.append(port)
        super().listen_success(port)

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """While draining, no connection is kept for a next request."""
        if self.draining and message["type"] == "http.response.start":
            message = message | {"headers": [*message["headers"], (b"Connection", b"close")]}
            # The header is for the client, this for Twisted. None: the client has gone meanwhile.
            if protocol.channel is not None:
                protocol.channel.persistent = False
        await super().handle_reply(protocol, message)

    def kill_all_applications(self) -> None:
        """Cancel what is left without waiting: threads may wait for a loop that no longer runs."""
        for task in self._applications():
            task.cancel()

    def _heed_signals(self) -> None:
        for name in SIGNALS:
            self._loop.add_signal_handler(name, self._asked_to_end)

    def _asked_to_end(self) -> None:
        for name in SIGNALS:
            self._loop.remove_signal_handler(name)
            signal.signal(name, signal.SIG_DFL)
        self.draining = self._loop.create_task(self._drain())

    async def _drain(self) -> None:
        begun = self._loop.time()
        try:
            await self._stop_listening()
            # Only now: whoever is told to come back must not find this process listening still.
            shutdown.begin()
            # At least LINGER: a request whose bytes are on the way is in no list of ours yet.
            while self._busy() or self._loop.time() < begun + LINGER:
                await asyncio.sleep(0.05)
                if self._loop.time() > begun + PATIENCE:
                    # Those whose consumer cannot (it waits for a thread, or has failed) are closed
                    # from outside.
                    self._close_sockets()
                if self._loop.time() > begun + settings.DRAIN_SECONDS:
                    logger.error("Ended with %d requests unanswered", len(self._in_flight()))
                    break
        finally:
            # Whatever happened above: a process that was asked to end must end.
            reactor.stop()

    async def _stop_listening(self) -> None:
        for port in self.ports:
            # Who has connected but was not accepted yet would be reset.
            port.doRead()
            await port.stopListening().asFuture(self._loop)

    def _busy(self) -> bool:
        """Whether a request is unanswered, a socket open, or an answer not written out."""
        # A reader of slow lines still lacks bytes though its request is answered.
        unwritten = any(isinstance(writer, tcp.Connection) for writer in reactor.getWriters())
        return bool(unwritten or self._in_flight() or self._applications())

    def _in_flight(self) -> list[Any]:
        return [one for one, known in self.connections.items() if "disconnected" not in known]

    def _applications(self) -> list[asyncio.Future[Any]]:
        found = [known.get("application_instance") for known in self.connections.values()]
        return [task for task in found if task is not None and not task.done()]

    def _close_sockets(self) -> None:
        for protocol in self._in_flight():
            # Only sockets have it; one that is still shaking hands, or closing already, is let be.
            if hasattr(protocol, "serverClose") and protocol.state == protocol.STATE_OPEN:
                protocol.serverClose(int(CloseCode.COME_BACK))

    @property
    def _loop(self) -> asyncio.AbstractEventLoop:
        # Twisted has no public name for it; daphne's server uses the same.
        loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop
        return loop


class Web(CommandLineInterface):
    server_class = DrainingServer


def main() -> None:
    # By default daphne closes every socket after a day.
    defaults = ["-v", "0", "--websocket_timeout", "-1"]
    code = 0
    try:
        Web().run([*defaults, *sys.argv[1:], "painel.asgi:application"])
    # Without a traceback: the sentence is for whoever starts it.
    except (ImproperlyConfigured, EnvError) as error:
        sys.exit(f"Configuração: {error}")
    except SystemExit as ended:
        code = int(ended.code or 0)
    _hang_up()
    logging.shutdown()
    sys.stdout.flush()
    # Without waiting for threads, which may wait for the loop that ended.
    os._exit(code)


def _hang_up() -> None:
    """Give PostgreSQL its connections back in order."""
    from django.db import connection

    if settings.configured and connection.settings_dict["OPTIONS"].get("pool"):
        connection.close_pool()  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
