from __future__ import annotations

from channels.generic.websocket import AsyncWebsocketConsumer


class NoSuchSocket(AsyncWebsocketConsumer):
    """For every path that no other consumer has."""

    async def connect(self) -> None:
        await self.accept()
        await self.close(4404)
