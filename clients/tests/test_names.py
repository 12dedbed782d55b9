from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from accounts.factories import AgentFactory
from clients import names
from clients.factories import ClientFactory
from clients.models import Client
from whatsapp.factories import ContactFactory

# Each has length and passes for true, and shows nothing.
NOTHING = [
    "",
    " \t\n",
    "\u3164",
    "\u115f\u1160",
    "\u2800\u2800",
    "\uffa0",
    "\u200b\u200e\u2066",
    "\u0301\u0302",
    "\ufe0f",
    "\u00ad",
    "\u034f",
    "\u3164\u200d\u3164",
    "\U000e0041",
    "\x00\x07",
]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  Padaria   Sol ", "Padaria Sol"),
        ("Joa\u0303o", "João"),
        ("Padaria\u00a0Sol", "Padaria Sol"),
        ("Ana\nMaria\x00", "Ana Maria"),
        ("\u202eanA\u202c", "anA"),
        ("\u2067Ana\u2069\u200f", "Ana"),
        ("A\u200bn\u200da", "Ana"),
        ("عُمَر", "عُمَر"),
        ("👩\u200d💻 Bia", "👩\u200d💻 Bia"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("Z" + "\u0336" * 50 + "e", "Z" + "\u0336" * 4 + "e"),
        ("x" * 5000, "x" * 160),
        (".", "."),
        *((nothing, "") for nothing in NOTHING),
    ],
)
def test_a_name_has_one_form(typed: str, stored: str) -> None:
    assert names.clean(typed) == stored
    assert names.clean(stored) == stored


@pytest.mark.parametrize("nothing", NOTHING)
@pytest.mark.django_db
def test_a_name_that_shows_nothing_gives_way_to_the_telephone(nothing: str) -> None:
    contact = ContactFactory.build(push_name=nothing, phone="5586988112233")
    assert contact.display_name == "+55 86 98811-2233"
    contact.business_name = "Padaria Sol"
    assert contact.display_name == "Padaria Sol"
    contact.save()
    contact.refresh_from_db()
    assert contact.push_name == ""


@pytest.mark.parametrize("nothing", NOTHING)
@pytest.mark.django_db
def test_a_client_needs_a_name_that_shows(nothing: str) -> None:
    with pytest.raises(ValidationError, match="Escreva um nome"):
        Client.objects.create_by(AgentFactory(), {"name": nothing})


@pytest.mark.django_db
def test_whoever_writes_a_client_stores_the_normal_forms() -> None:
    client = ClientFactory(name=" Padaria\u200b  Sol ", cnpj="12.abc.345/01de-35")
    client.refresh_from_db()
    assert (client.name, client.cnpj) == ("Padaria Sol", "12ABC34501DE35")
    assert Client.objects.get(cnpj="12.ABC.345/01DE-35") == client
