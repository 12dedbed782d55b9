"""Around the sockets of a web process: how those end that no consumer could end properly."""

from __future__ import annotations

import logging
from typing import Any

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from channels.generic.websocket import AsyncWebsocketConsumer

from live.outage import AWAY
from live.outlet import CloseCode

logger = logging.getLogger(__name__)


class Guarded:
    """Ends a socket whose application raised with COME_BACK. Left to daphne it would be closed with
    1011, which autobahn refuses to send: the page would stay open and deaf."""

    def __init__(self, app: ASGI3Application) -> None:
        self.app = app

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        accepted = False

        async def sent(message: Any) -> None:
            nonlocal accepted
            accepted = accepted or message["type"] == "websocket.accept"
            await send(message)

        try:
            await self.app(scope, receive, sent)
        except AWAY as error:
            logger.info("a socket finds PostgreSQL away: %s", str(error).partition("\n")[0])
        except Exception:
            logger.exception("a socket failed: %s", scope.get("path"))
        else:
            return
        # Closed before it is accepted, a socket is a refused handshake: the page sees no code.
        if not accepted:
            await sent({"type": "websocket.accept"})
        await sent({"type": "websocket.close", "code": int(CloseCode.COME_BACK)})


class NoSuchSocket(AsyncWebsocketConsumer):
    """For every path that no other consumer has."""

    async def connect(self) -> None:
        await self.accept()
        await self.close(int(CloseCode.NOT_FOUND))
