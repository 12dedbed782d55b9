"""The event stream's socket, for the URLRouter of the web process. Programs send no Origin, and a
token is no cookie that another site could make a browser send."""

from __future__ import annotations

from django.urls import path

from api.events.consumers import StreamConsumer

routes = [path("ws/api/<slug:session_id>/", StreamConsumer.as_asgi())]
