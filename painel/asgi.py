import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "painel.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path, re_path

from api.events.stream import StreamConsumer
from atendimento.live.consumers import DeskConsumer
from painel.clean import cleaned
from painel.no_such_socket import NoSuchSocket

desk = AllowedHostsOriginValidator(AuthMiddlewareStack(DeskConsumer.as_asgi()))
# Programs send no Origin, and a token is no cookie that another site could make a browser send.
stream = StreamConsumer.as_asgi()
sockets = URLRouter(
    [
        path("ws/atendimento/", desk),
        path("ws/api/<slug:session_id>/", stream),
        re_path("", NoSuchSocket.as_asgi()),
    ]
)
application = cleaned(ProtocolTypeRouter({"http": http, "websocket": sockets}))

# What lives as long as the process need not be looked through again and again for garbage: without
# this a request in a hundred waits for that twice as long as it takes.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)
