"""The websocket of the desk's page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from channels.generic.websocket import AsyncWebsocketConsumer

from accounts.logins import Login
from atendimento.live.hub import QUEUE, Hub, Socket
from atendimento.live.screen import Screen
from atendimento.look import ListQuery
from live import shutdown
from live.outage import AWAY
from live.outlet import CloseCode, Outlet

# A hello is some hundred characters, with the headers that htmx adds; what is longer is none.
LONGEST_HELLO = 16_000


class DeskConsumer(AsyncWebsocketConsumer):
    """Server to browser, but for the hello: what the page looks at, and the last change it saw."""

    # A class of its own for tests with panes of their own.
    hub: ClassVar[type[Hub]] = Hub
    login: Login | None = None
    socket: Socket | None = None

    async def connect(self) -> None:
        # Even if nobody is logged in: only after the handshake does a close code reach the page
        # (before it a browser says 1006, and the page would try again for ever).
        await self.accept()
        # Before anything that takes time: a process that is going must reach this socket too.
        shutdown.register(self._come_back)
        # Read from the database already, by the middleware that looked for the user.
        self.login = Login.of(self.scope["session"])
        if self.login is None:
            await self.close(int(CloseCode.ENDED))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        hello = _hello(text_data or "")
        if hello is None or self.login is None:
            return
        try:
            await self._watch(hello, self.login)
        except AWAY:
            # Nobody can be let in now; the page comes back when the database may be there again.
            await self.close(int(CloseCode.COME_BACK))

    async def _watch(self, hello: dict[str, Any], login: Login) -> None:
        hub = self.hub.of_this_loop()
        self._leave()
        # A second hello (another list, another conversation) replaces the first.
        known = await hub.admit(login)
        if known is None:
            await self.close(int(CloseCode.ENDED))
            return
        agent, sight = known
        screen = Screen(
            agent=agent,
            query=ListQuery.of(_query(hello)),
            conversation=_number(hello.get("conversation")),
            sight=sight,
        )
        self.socket = Socket(login, screen, Outlet(self, QUEUE))
        # No cursor is 0, older than any change: the page is loaded anew, if there are any.
        await hub.watch(self.socket, _number(hello.get("since")) or 0)

    async def disconnect(self, code: int) -> None:
        shutdown.unregister(self._come_back)
        self._leave()

    def _leave(self) -> None:
        if self.socket:
            self.hub.of_this_loop().leave(self.socket)
            self.socket = None

    def _come_back(self) -> None:
        """The process is going: what is still queued the page gets elsewhere, by its cursor."""
        if self.socket:
            self.socket.outlet.cut(CloseCode.COME_BACK)
        else:
            # Kept: the loop holds its tasks only weakly, and would drop one that nobody refers to.
            self._closing = asyncio.create_task(self.close(int(CloseCode.COME_BACK)))


def _hello(text: str) -> dict[str, Any] | None:
    """None for whatever is no hello: deep nesting exhausts the parser's stack."""
    if len(text) > LONGEST_HELLO:
        return None
    try:
        hello = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return hello if isinstance(hello, dict) else None


def _query(hello: Mapping[str, Any]) -> dict[str, str]:
    names = {"tab": "aba", "filter": "filtro", "session": "numero", "words": "q"}
    return {query: str(hello.get(name, "")) for name, query in names.items()}


def _number(value: object) -> int | None:
    text = str(value or "")
    # Fits a bigint; `isdecimal` alone would let the digits of other scripts pass.
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None
