from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from whatsapp.models import Arrival
from whatsapp.numbers import numbers_with_queue

# The pauses between sends make minutes of queue normal; after this long nothing leaves.
QUEUE_LIMIT = timedelta(minutes=10)


class Command(BaseCommand):
    help = "Mostra o estado de cada número; sai com 1 se algum precisa de alguém."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="para outros programas")

    def handle(self, *args: Any, **options: Any) -> None:
        numbers = [_row(one) for one in numbers_with_queue()]
        failed = Arrival.objects.failed().count()
        if options["json"]:
            self.stdout.write(json.dumps({"numeros": numbers, "chegadas_com_erro": failed}))
        else:
            self._table(numbers, failed)
        # For monitors, as docs/operations.md says.
        if failed or any(number["precisa_de_alguem"] for number in numbers):
            sys.exit(1)

    def _table(self, numbers: list[dict[str, Any]], failed: int) -> None:
        if not numbers:
            self.stdout.write("Nenhum número cadastrado. Adicione um na página Números.")
        for number in numbers:
            mark = "!" if number["precisa_de_alguem"] else " "
            self.stdout.write(
                f"{mark} {number['nome']:<20} {number['estado']:<28} desde {number['desde']}"
                f"  fila {number['fila']:>4}  spool {number['spool']:>4}"
                f"  {number['dono'] or 'sem dono'}"
            )
            if number["proximo_passo"]:
                self.stdout.write(f"    {number['proximo_passo']}")
        if failed:
            self.stdout.write(f"! {failed} chegadas com erro; veja no admin, em Chegadas.")


def _row(session: Any) -> dict[str, Any]:
    since = session.queued_since
    stuck = since is not None and timezone.now() - since > QUEUE_LIMIT
    hand = session.needs_a_hand or stuck
    return {
        "nome": session.name,
        "estado": str(session.shown_state.label),
        "desde": timezone.localtime(session.state_since).strftime("%d/%m %H:%M"),
        "fila": session.queue,
        "spool": session.spool_depth,
        "dono": session.lease_owner if session.owned else "",
        "precisa_de_alguem": hand,
        "proximo_passo": session.words.next_step if hand else "",
    }
