from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from accounts.permissions_page import markdown


class Command(BaseCommand):
    help = "Mostra quem pode o quê, da tabela de direitos."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--escrever", action="store_true", help="escreve docs/permissions.md")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["escrever"]:
            (settings.BASE_DIR / "docs" / "permissions.md").write_text(markdown(), "utf-8")
        else:
            self.stdout.write(markdown(), ending="")
