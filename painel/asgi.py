import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "painel.settings")

from django.core.asgi import get_asgi_application

# First: it sets Django up, which all imports below need.
http = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import re_path

from api.events import routing as stream
from atendimento.live import routing as desk
from live.guard import Guarded, NoSuchSocket
from painel.clean import cleaned

# Else channels raises, and the guard says COME_BACK for a path that never comes.
nowhere = re_path("", NoSuchSocket.as_asgi())
sockets = Guarded(URLRouter([*desk.routes, *stream.routes, nowhere]))
application = cleaned(ProtocolTypeRouter({"http": http, "websocket": sockets}))

# What lives as long as the process need not be looked through again and again for garbage: without
# this a request in a hundred waits for that twice as long as it takes.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)
