from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from api.events import deliver


class Command(BaseCommand):
    help = "Entrega os eventos aos webhooks cadastrados, até ser encerrado."

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()
        # The round that is under way is finished: what is sent is also written down.
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stopping.set())
        deliver.run(stopping)
