"""One search, by every door: the desk's list, the API's lists, the admin's lists."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.factories import SupervisorFactory
from api.tests.conftest import Caller, told
from clients.factories import ClientFactory
from clients.models import Client, ClientPhone
from clients.phone import match_key
from whatsapp.factories import ContactFactory, ConversationFactory, SessionFactory
from whatsapp.models import Contact, Conversation

pytestmark = pytest.mark.django_db

WITHOUT_NINTH, WITH_NINTH = "558688112233", "5586988112233"
SPELLINGS = [
    "(86) 98811-2233",
    "+55 86 98811-2233",
    "00 55 86 98811-2233",
    "0xx86 98811-2233",
    "86 8811-2233",
    "98811-2233",
    "8811-2233",
    "86 8811",
    "5586988112233",
    "558688112233",
    "（８６）９８８１１－２２３３",
    "\u202a+55 86 98811\u20112233\u202c",
]


@pytest.mark.parametrize("stored", [WITHOUT_NINTH, WITH_NINTH])
@pytest.mark.parametrize("words", SPELLINGS)
def test_a_telephone_is_found_by_each_of_its_spellings(stored: str, words: str) -> None:
    contact = ContactFactory(push_name="Marina", phone=stored)
    other = ContactFactory(push_name="Bruno", phone="5586988119999")
    assert list(Contact.objects.search(words).exclude(pk=other.pk)) == [contact]
    client = ClientFactory()
    ClientPhone.objects.create(client=client, number=stored)
    assert list(Client.objects.search(words)) == [client]


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        ("5215512345678", "+52 55 1234 5678"),
        ("525512345678", "+52 1 55 1234 5678"),
        ("5491123456789", "+54 11 2345-6789"),
        ("541123456789", "+54 9 11 2345-6789"),
    ],
)
def test_a_foreign_telephone_is_found_by_each_of_its_spellings(stored: str, words: str) -> None:
    contact = ContactFactory(phone=stored)
    assert list(Contact.objects.search(words)) == [contact]


@pytest.mark.parametrize(
    "number", [WITH_NINTH, WITHOUT_NINTH, "5215512345678", "5491123456789", "551132140005", "1", ""]
)
def test_the_key_is_the_same_in_python_and_in_sql(number: str) -> None:
    contact = ContactFactory(phone=number)
    contact.refresh_from_db()
    assert contact.phone_key == match_key(number)


NAMES = [
    ("João Ávila", "joao"),
    ("João Ávila", "JOÃO"),
    ("João Ávila", "avila joao"),
    ("Joa\u0303o Ávila", "joão"),
    ("Joao Avila", "joão ávila"),
    ("Ação & Cia", "acao cia"),
    ("Straße", "strasse"),
    ("Cliente 77", "cliente 77"),
    ("Loja 24 horas", "24 horas"),
    ("100% Pão", "100%"),
    ("Pão_Doce", "pao_"),
    (r"C:\Pão", "\\pao"),
    ("Padaria 1234 5678", "1234 5678"),
    ("李雷", "李"),
    ("Marina", "\u2067Marina\u2069\u200b"),
]


@pytest.mark.parametrize(("name", "words"), NAMES)
def test_a_name_is_found_without_its_accents_and_in_any_order(name: str, words: str) -> None:
    ClientFactory(name="Mercado Zé")
    client = ClientFactory(name=name)
    assert list(Client.objects.search(words)) == [client]
    contact = ContactFactory(push_name=name)
    ContactFactory(push_name="Zé do Mercado")
    assert list(Contact.objects.search(words)) == [contact]


def test_words_may_be_in_the_client_and_in_the_person() -> None:
    client = ClientFactory(name="Padaria Sol", cnpj="12ABC34501DE35")
    contact = ContactFactory(push_name="Marina", phone=WITH_NINTH, client=client)
    conversation = ConversationFactory(contact=contact)
    ConversationFactory(contact__push_name="Marina", contact__phone="5511999990000")
    for words in ("marina sol", "Sol 8811-2233", "12.abc.345 marina", "12abc34501de35"):
        assert list(Contact.objects.search(words)) == [contact]
        assert list(Conversation.objects.search(words)) == [conversation]
    assert not Conversation.objects.search("marina lua").exists()


HOSTILE = ["\0", "%", "_", "%%%%", "____", "\\", "'", "---", "x" * 5000, "9" * 5000, "z " * 2500]
HOSTILE += ["\u202e\u0301", "((((((", "0xx", "+", "😀"]
UNREADABLE = {"\0", "\u202e\u0301"}


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_read_literally(words: str) -> None:
    ClientFactory(name="Marina")
    ConversationFactory(contact__push_name="Marina")
    found = list(Conversation.objects.search(words))
    assert len(found) == (words in UNREADABLE)
    assert len(Client.objects.search(words)) == (words in UNREADABLE)


@pytest.fixture
def marina(client: Browser) -> Any:
    client.force_login(SupervisorFactory())
    number = SessionFactory(slug="vendas")
    known = ClientFactory(name="Padaria São João")
    ClientPhone.objects.create(client=known, number=WITHOUT_NINTH)
    contact = ContactFactory(push_name="Marina", phone=WITHOUT_NINTH, client=known)
    ConversationFactory(session=number)
    return ConversationFactory(session=number, contact=contact)


@pytest.mark.parametrize("words", ["sao joao", "(86) 98811-2233", "joao 8811-2233"])
def test_every_door_finds_the_same(
    marina: Conversation, client: Browser, as_agent: Caller, words: str
) -> None:
    rows = client.get(reverse("rows"), {"aba": "pendentes", "q": words})
    assert list(rows.context["conversations"]) == [marina]
    for page, row in (
        ("whatsapp/contact", marina.contact_id),
        ("whatsapp/conversation", marina.pk),
        ("clients/client", marina.contact.client_id),
    ):
        listed = client.get(f"/admin/{page}/", {"q": words}).context["cl"]
        assert [one.pk for one in listed.result_list] == [row], page
    api = as_agent(SupervisorFactory())
    listed = told(api.get("/api/whatsapp/vendas/conversations", {"q": words}))
    assert [one["id"] for one in listed] == [str(marina.pk)]
    listed = told(api.get("/api/clients/", {"q": words}))
    assert [one["id"] for one in listed] == [marina.contact.client_id]
