"""The desk's socket, for the URLRouter of the web process."""

from __future__ import annotations

from channels.auth import AuthMiddlewareStack
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path

from atendimento.live.consumers import DeskConsumer

desk = AllowedHostsOriginValidator(AuthMiddlewareStack(DeskConsumer.as_asgi()))
routes = [path("ws/atendimento/", desk)]
