from __future__ import annotations

import os
import signal
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Mantém ligados os números de WhatsApp que alguém pediu, um processo para cada um."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--number", type=int, help="cuida de um só número (uso interno)")
        parser.add_argument("--pair", type=int, help="pareia um só número (uso interno)")
        parser.add_argument("--owner", default=f"manual:{os.getpid()}", help="dono da reserva")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["number"] or options["pair"]:
            self._one(options)
        else:
            self._supervise()

    def _one(self, options: dict[str, Any]) -> None:
        # neonize's threads are not daemons and some never end: leave without asking them.
        from whatsapp.worker.pairing import run_pairing
        from whatsapp.worker.process import run_worker

        code = 1
        try:
            if options["pair"]:
                code = run_pairing(options["pair"], options["owner"])
            else:
                code = run_worker(options["number"], options["owner"])
        finally:
            sys.stderr.flush()
            if code == 1:
                sys.excepthook(*sys.exc_info())
            os._exit(code)

    def _supervise(self) -> None:
        # Here, and not above: of these processes only a number's own loads neonize.
        from whatsapp.worker.supervisor import Supervisor

        supervisor = Supervisor()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: supervisor.stop())
        self.stdout.write("Cuidando dos números. Ctrl-C encerra.")
        supervisor.run()
        self.stdout.write("Encerrado.")
