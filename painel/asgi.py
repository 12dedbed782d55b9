import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "painel.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path

from atendimento.consumers import DeskConsumer

sockets = URLRouter([path("ws/atendimento/", DeskConsumer.as_asgi())])
application = ProtocolTypeRouter(
    {"http": http, "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(sockets))}
)
