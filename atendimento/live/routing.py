"""The desk's socket, for the URLRouter of the web process."""

from __future__ import annotations

from channels.auth import AuthMiddlewareStack
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path

from atendimento.live.consumers import DeskConsumer

# A socket bears the cookie of whoever opens it, whatever page did: so the page's origin is checked
# (cross-site WebSocket hijacking; CSRF tokens do not cover it).
desk = AllowedHostsOriginValidator(AuthMiddlewareStack(DeskConsumer.as_asgi()))
routes = [path("ws/atendimento/", desk)]
