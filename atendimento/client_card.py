"""What the client card says of a customer on file, row by row."""

from __future__ import annotations

from dataclasses import dataclass

from clients.models import Client

ROWS = ("name", "cnpj", "company_type", "email", "status", "responsible")
FLAGS = ("credit_limit", "has_debt")
# Also what `views.client.fact` lets be edited by name: a field that is not here has no address.
FIELDS = (*ROWS, *FLAGS)
COPIED = ("cnpj", "email")
SHORT = {"company_type": "Tipo"}


@dataclass(frozen=True)
class Fact:
    """One row: a field of the client, and how a person reads it."""

    name: str
    label: str
    text: str

    @property
    def copied(self) -> bool:
        return bool(self.text) and self.name in COPIED


def facts(client: Client) -> list[Fact]:
    return [fact(client, name) for name in ROWS]


def fact(client: Client, name: str) -> Fact:
    label = SHORT.get(name) or str(Client._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return Fact(name, label[0].upper() + label[1:], client.read(name))
