"""Contacts and their addresses as rows, looked up and inserted many at a time."""

from __future__ import annotations

from django.db import connection
from django.db.models import Q, QuerySet

from clients import phone
from clients.models import ClientPhone
from whatsapp.events import Person
from whatsapp.models.contact import Contact
from whatsapp.models.contact_address import AddressKind, ContactAddress

# The kind and the key of a `ContactAddress`.
Address = tuple[str, str]


def addresses_of(person: Person) -> list[Address]:
    """What is known of the person's two addresses, the LID first."""
    lid = [(str(AddressKind.LID), person.lid)] if person.lid else []
    key = phone.match_key(person.phone)
    return lid + ([(str(AddressKind.PHONE), key)] if person.phone else [])


def rows_of(addresses: set[Address]) -> QuerySet[ContactAddress]:
    """The rows of *addresses*, by kind and key together, because the index begins with the kind."""
    # Begins as nothing: an OR over no address must not find everybody.
    wanted = Q(pk__in=[])
    for kind in AddressKind.values:
        wanted |= Q(kind=kind, key__in=[key for one, key in addresses if one == kind])
    return ContactAddress.objects.filter(wanted)


def contacts_at(addresses: set[Address]) -> dict[Address, Contact]:
    """The contacts that have these addresses; one that nobody has is left out."""
    rows = rows_of(addresses).select_related("contact")
    return {(row.kind, row.key): row.contact for row in rows}


def insert_contacts(rows: list[tuple[str, str, int | None]]) -> list[Contact]:
    """Contacts of (push name, telephone, client), in that order; a set of new customers is where
    the ORM's own way takes longest."""
    sql = """
        INSERT INTO whatsapp_contact
            (push_name, phone, client_id, name, business_name, created_at)
        SELECT push_name, phone, client, '', '', now()
        FROM unnest(%s::text[], %s::text[], %s::bigint[]) WITH ORDINALITY
            AS fresh (push_name, phone, client, place)
        ORDER BY place RETURNING id"""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(map(list, zip(*rows, strict=True))))
        # Ids are drawn in the SELECT's order (PostgreSQL 9.6 on), which RETURNING need not keep.
        ids = sorted(pk for (pk,) in cursor.fetchall())
    return [
        Contact(pk=pk, push_name=name, phone=number, client_id=client)
        for pk, (name, number, client) in zip(ids, rows, strict=True)
    ]


def insert_addresses(owners: dict[Person, Contact]) -> dict[Address, Contact]:
    """Insert the addresses of *owners*; return those that were free, with their contacts.

    Sorted, so that two workers inserting the same people cannot wait for each other in a ring.
    """
    rows = sorted(
        (kind, key, person.phone if kind == AddressKind.PHONE else key, contact.pk)
        for person, contact in owners.items()
        for kind, key in addresses_of(person)
    )
    sql = """
        INSERT INTO whatsapp_contactaddress (kind, key, value, contact_id)
        SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[])
        ON CONFLICT DO NOTHING RETURNING kind, key, contact_id"""
    contacts = {contact.pk: contact for contact in owners.values()}
    with connection.cursor() as cursor:
        cursor.execute(sql, list(map(list, zip(*rows, strict=True))))
        return {(kind, key): contacts[pk] for kind, key, pk in cursor.fetchall()}


def clients_of(phones: list[str]) -> dict[str, int]:
    """{telephone: id of the client that has it on file}."""
    # A telephone on file ties its writer to that client without anybody's click.
    keys = {phone.match_key(number): number for number in phones}
    rows = ClientPhone.objects.filter(key__in=keys)
    return {keys[row.key]: row.client_id for row in rows}
