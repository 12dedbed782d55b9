"""Customers who write by themselves and answer when written to: the demo's company of actors."""

from __future__ import annotations

import logging
import random
import threading
import time
from dataclasses import dataclass

from loopback.phones import Bubble, Company, Customer
from loopback.server import LoopbackServer

logger = logging.getLogger(__name__)

FIRST_WORD, PAUSE = (1.0, 6.0), (20.0, 60.0)
UNANSWERED_LIMIT = 3


@dataclass(frozen=True)
class Role:
    """Who somebody is, what they come for, and what they say next."""

    number: str
    name: str
    lines: tuple[str, ...]
    hidden: bool = False
    addressing: str = "lid"


ROLES = (
    Role(
        "5511990010001",
        "Marina Duarte",
        (
            "Bom dia! Temos 12 linhas em outra operadora. Vocês fazem proposta para empresa?",
            "E a portabilidade demora?",
            "Pode mandar por aqui mesmo, em PDF",
            "Vou ver com meu sócio e já te falo",
        ),
    ),
    Role(
        "5511990020002",
        "Rogério Alves",
        ("Oi, vi o anúncio do plano empresa. Quantas linhas no mínimo?", "Tem fidelidade?"),
    ),
    Role(
        "5521990030003",
        "Osvaldo Lima",
        ("Bom dia, chegou a fatura e veio mais alta. Consegue olhar?", "É o CNPJ do mercado"),
        addressing="pn",
    ),
    Role("5541990040004", "Beatriz Prado", ("Preciso de mais 3 chips", "Entrega em Curitiba?")),
    Role(
        "551132140005",
        "Torres Advogados",
        ("Podem vir aqui quinta às 15h?", "Então fica marcado"),
    ),
    Role(
        "5531990060006",
        "Oficina do Zeca",
        ("Quanto fica 3 linhas com 25 GB?", "*Fechado*, manda o contrato"),
    ),
    Role("5519990070007", "Loja Central", ("Boa tarde, vocês atendem MEI?",), hidden=True),
    Role(
        "5571990080008",
        "Transportadora Rota Sete",
        ("Segue o contrato social?", "Mandei por e-mail, confere por favor"),
    ),
)

ANSWERS = (
    "Entendi, obrigada!",
    "Certo. E qual é o prazo?",
    "Perfeito, pode seguir então",
    "Vou confirmar aqui e te respondo",
    "Ok, combinado",
    "Tem como fazer um valor melhor?",
)


class Cast:
    """Plays *roles* on *server* towards *company*, the same way for the same *seed*."""

    def __init__(
        self, server: LoopbackServer, company: Company, seed: int = 7, quick: float = 1.0
    ) -> None:
        self.server, self.company, self.quick = server, company, quick
        self.random = random.Random(seed)
        self.unanswered: dict[str, int] = {}
        self.customers = {
            role.number: server.customer(
                role.number, role.name, hidden=role.hidden, addressing=role.addressing
            )
            for role in ROLES
        }

    def start(self) -> None:
        self.server.listeners.append(self._heard)
        for role in ROLES:
            threading.Thread(target=self._play, args=[role], daemon=True).start()

    def _play(self, role: Role) -> None:
        """Say the lines one by one; who is left without an answer gives up after a few."""
        customer = self.customers[role.number]
        self._wait(FIRST_WORD)
        # After a restart the roles go on where they stopped.
        said = len([bubble for bubble in customer.thread if bubble.mine])
        for line in role.lines[said:]:
            # Somebody who is not answered does not go on for ever.
            while self.unanswered.get(role.number, 0) >= UNANSWERED_LIMIT:
                time.sleep(1)
            self._say(customer, line)
            self._wait(PAUSE)

    def _say(self, customer: Customer, text: str) -> None:
        # Nobody is there to read it until the number is paired.
        while self.company.companion is None:
            time.sleep(0.5)
        self.server.type(customer, self.company)
        self._wait((1.0, 3.0))
        self.unanswered[customer.number] = self.unanswered.get(customer.number, 0) + 1
        self.server.write(customer, self.company, text)

    def _heard(self, company: Company, customer: Customer, bubble: Bubble) -> None:
        """On the server's thread: answer from another one."""
        self.unanswered[customer.number] = 0
        threading.Thread(target=self._answer, args=[customer], daemon=True).start()

    def _answer(self, customer: Customer) -> None:
        self._wait((1.0, 4.0))
        self.server.read(customer, self.company)
        if self.random.random() < 0.8:
            self._wait((1.0, 5.0))
            self._say(customer, self.random.choice(ANSWERS))

    def _wait(self, between: tuple[float, float]) -> None:
        time.sleep(self.random.uniform(*between) * self.quick)
