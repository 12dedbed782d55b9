"""What the demo puts into an empty house: people, customers on file, and one number to pair."""

from __future__ import annotations

import time
from collections.abc import Callable

from accounts.models import Agent, Role
from clients.models import Client, ClientPhone, CompanyType, SalesStage
from loopback.phones import Company
from loopback.server import LoopbackServer
from whatsapp.models import Session, State, Wanted

PASSWORD = "demonstracao"
PEOPLE = (
    ("supervisao", "Fábio", "Lacerda", Role.SUPERVISOR),
    ("ana", "Ana", "Ribeiro", Role.AGENT),
    ("bruno", "Bruno", "Teixeira", Role.AGENT),
)
CLIENTS = (
    ("Padaria Estrela do Sul", "11222333000181", "5511990010001", SalesStage.PROPOSAL),
    ("Mercado Bom Preço", "12ABC34501DE35", "5521990030003", SalesStage.QUALIFYING),
    ("Oficina do Zeca", "11444777000161", "5531990060006", SalesStage.CREDIT),
)
PAIRING_LIMIT = 60.0


def people() -> None:
    for username, first, last, role in PEOPLE:
        agent, made = Agent.objects.get_or_create(
            username=username, defaults={"first_name": first, "last_name": last, "role": role}
        )
        if made:
            agent.set_password(PASSWORD)
            agent.save()


def clients() -> None:
    ana = Agent.objects.get(username="ana")
    for name, cnpj, number, stage in CLIENTS:
        client, made = Client.objects.get_or_create(
            cnpj=cnpj,
            defaults={
                "name": name,
                "company_type": CompanyType.LTDA,
                "sales_stage": stage,
                "credit_limit": True,
                "has_debt": False,
                "responsible": ana,
            },
        )
        if made:
            ClientPhone.objects.create(client=client, number=number)


def number() -> Session:
    session, _ = Session.objects.get_or_create(slug="vendas-sp", defaults={"name": "Vendas SP"})
    return session


def pair(
    session: Session, server: LoopbackServer, company: Company, say: Callable[[str], None]
) -> None:
    """Link the number as its owner would, unless it is linked. Raises TimeoutError."""
    if company.companion is not None and session.wanted == Wanted.ON:
        _wait_for(session, State.ONLINE)
        return
    say("Pareando o número: lendo o QR com o celular da empresa…")
    session.want(Wanted.PAIR)
    _wait_for(session, State.PAIRING, needs_qr=True)
    # As a telephone reads it off the page; a code is good for a minute at most.
    server.scan(company, session.qr)
    _wait_for(session, State.ONLINE)


def _wait_for(session: Session, state: State, needs_qr: bool = False) -> None:
    until = time.monotonic() + PAIRING_LIMIT
    while time.monotonic() < until:
        session.refresh_from_db()
        if session.shown_state == state and (session.qr or not needs_qr):
            return
        time.sleep(0.1)
    raise TimeoutError(f"O número ficou em {session.shown_state.label!r}.")
