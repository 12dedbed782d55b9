from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import guard, people
from accounts.models import Agent


class Command(BaseCommand):
    help = "Deixa uma pessoa, ou um endereço, tentar entrar de novo já."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("usuario", nargs="?", help="o usuário da pessoa")
        parser.add_argument("--endereco", help="um endereço IP, como está na auditoria")

    def handle(self, *args: Any, **options: Any) -> None:
        name, address = options["usuario"], options["endereco"]
        if not name and not address:
            raise CommandError("Diga um usuário ou --endereco.")
        if address:
            self._say(address, guard.unlock_address(address))
        if name:
            person = Agent.objects.filter(username=name).first()
            if person is None:
                raise CommandError(f"Ninguém tem o usuário {name}.")
            # No agent: whoever has a shell on the server. The audit's door says Comando.
            self._say(str(person), people.unlock(None, person))

    def _say(self, what: str, was_locked: bool) -> None:
        self.stdout.write(f"{what}: {'desbloqueado' if was_locked else 'não estava bloqueado'}.")
