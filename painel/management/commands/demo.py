from __future__ import annotations

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from painel import demo, runner
from painel.embedded import Embedded


class Command(BaseCommand):
    help = "Mostra o painel inteiro sem celular: um WhatsApp local com clientes que escrevem."

    def handle(self, *args: Any, **options: Any) -> None:
        # Here, not above: what serves people never loads loopback.
        from loopback.cast import Cast
        from loopback.control import Control
        from loopback.server import LoopbackServer

        port = int(os.environ.get("PORT", "8000"))
        if not runner.port_is_free(port):
            raise CommandError(f"A porta {port} está em uso; escolha outra: make demo PORT=8001")
        self._say("Preparando o banco de dados…")
        call_command("migrate", verbosity=0)
        demo.people()
        demo.clients()
        self._say("Ligando o WhatsApp local…")
        server = LoopbackServer(settings.VAR_DIR / "loopback").start()
        company = server.company("5511911110000", "Vendas SP")
        control = Control(server)
        self._say("Ligando a página e o worker…")
        children = [runner.web(port), runner.worker(server.environment()), runner.webhooks()]
        house = runner.Runner(children, self._say)
        house.start()
        try:
            demo.pair(demo.number(), server, company, self._say)
            Cast(server, company).start()
            self._welcome(port, control.address)
            code = house.wait()
        except TimeoutError as error:
            house.stop()
            raise CommandError(f"A demonstração não ficou pronta: {error}") from error
        finally:
            self._say("Encerrando…")
            server.stop()
            if not os.environ.get("DATABASE_URL"):
                Embedded(settings.VAR_DIR / "postgres").stop()
        self._say("Tudo encerrado; a próxima vez continua de onde parou.")
        sys.exit(code)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _welcome(self, port: int, phones: str) -> None:
        names = ", ".join(username for username, *_ in demo.PEOPLE)
        self._say(
            f"\nPronto: http://127.0.0.1:{port}/\n"
            f"  entre como {names}; senha {demo.PASSWORD}\n"
            f"  celulares dos clientes: {phones}\n"
            f"Ctrl-C encerra.\n"
        )
