"""The desk's socket with two panes more, as a web process serves it: a note, as an example of a
new fact, and one that fails for real. Paths by HTTP do what a test cannot do from outside."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "painel.settings")

from django.core.asgi import get_asgi_application

get_asgi_application()

from channels.auth import AuthMiddlewareStack
from channels.generic.http import AsyncHttpConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.db import connection
from django.urls import path
from django.utils.html import format_html

from api.events import routing as stream
from atendimento.live.consumers import DeskConsumer
from atendimento.live.hub import Hub
from atendimento.live.panes import PANES
from atendimento.live.panes.base import Pane
from atendimento.live.screen import Screen
from live.feed import FeedReader
from live.guard import Guarded
from live.models import Change


def load(changes: Sequence[Change]) -> Sequence[Change]:
    return changes


def pieces(loaded: Sequence[Change], screen: Screen) -> Iterable[str]:
    for change in loaded:
        if screen.opens(change.conversation_id or 0, change.session_id):
            yield format_html('<template data-live="note">{}</template>', change.subject_id)


def refused_by_postgresql(changes: Sequence[Change]) -> Sequence[Change]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::int", ["no number"])
    return changes


note: Pane = SimpleNamespace(KINDS=("note_added",), load=load, pieces=pieces)
poison: Pane = SimpleNamespace(KINDS=("poison",), load=refused_by_postgresql, pieces=pieces)


class NotingHub(Hub):
    panes = (*PANES, note, poison)


class NotingConsumer(DeskConsumer):
    hub = NotingHub


class Broken(AsyncWebsocketConsumer):
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        raise ZeroDivisionError


class Levers(AsyncHttpConsumer):
    async def handle(self, body: bytes) -> None:
        match self.scope["path"]:
            case "/flood":
                for reader in list(FeedReader._running.values()):
                    for outlet in reader.outlets():
                        for n in range(2000):
                            outlet.put(f"{n}")
            case "/leave":
                await FeedReader.stop_all()
        await self.send_response(200, b"")


desk: Any = AuthMiddlewareStack(NotingConsumer.as_asgi())
broken: Any = Broken.as_asgi()
routes = [path("ws/atendimento/", desk), path("ws/broken/", broken), *stream.routes]
application = ProtocolTypeRouter(
    {"http": Levers.as_asgi(), "websocket": Guarded(URLRouter(routes))}
)
