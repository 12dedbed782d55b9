from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Roda um WhatsApp de mentira em 127.0.0.1, com celulares de clientes, para experimentar."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--state-dir", type=Path, default=settings.VAR_DIR / "loopback")
        parser.add_argument("--port", type=int, default=0)
        parser.add_argument("--control-port", type=int, default=0)
        parser.add_argument("--number", default="5511911110000", help="telefone da empresa")
        parser.add_argument("--cast", action="store_true", help="os clientes escrevem sozinhos")

    def handle(self, *args: Any, **options: Any) -> None:
        from loopback.cast import Cast
        from loopback.control import Control
        from loopback.server import LoopbackServer

        server = LoopbackServer(options["state_dir"], options["port"]).start()
        cast = Cast(server, server.company(options["number"], "Empresa"))
        if options["cast"]:
            cast.start()
        control = Control(server, options["control_port"])
        self._explain(server.environment(), control.address)
        ended = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: ended.set())
        ended.wait()
        control.stop()
        server.stop()

    def _explain(self, environment: dict[str, str], address: str) -> None:
        self.stdout.write("Para o runwhatsapp usar este servidor, no mesmo terminal:")
        for name, value in environment.items():
            self.stdout.write(f"  export {name}={value}")
        self.stdout.write(f"Celulares dos clientes: {address}")
        self.stdout.write("Ctrl-C encerra; tudo fica guardado.")
