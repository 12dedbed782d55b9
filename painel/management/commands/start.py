from __future__ import annotations

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from painel import runner
from painel.embedded import Embedded


class Command(BaseCommand):
    help = "Liga o painel de verdade nesta máquina: banco, página e worker do WhatsApp."

    def handle(self, *args: Any, **options: Any) -> None:
        port = int(os.environ.get("PORT", "8000"))
        if not runner.port_is_free(port):
            raise CommandError(f"A porta {port} está em uso; escolha outra: make run PORT=8001")
        # One process starts all others, so no two migrate at once.
        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        house = runner.Runner(
            [runner.web(port), runner.worker(), runner.webhooks()], self.stdout.write
        )
        house.start()
        self.stdout.write(
            f"Pronto: http://127.0.0.1:{port}/  (Ctrl-C encerra)\n"
            "Primeira vez: .venv/bin/python manage.py createsuperuser, depois entre e abra Números."
        )
        code = house.wait()
        # Ours to stop only if it is ours.
        if not os.environ.get("DATABASE_URL"):
            Embedded(settings.VAR_DIR / "postgres").stop()
        sys.exit(code)
