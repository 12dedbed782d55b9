"""Who an arrival is from: many persons at once into contacts, LID first, telephone second."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from clients import names, phone
from whatsapp.events import Person
from whatsapp.models import AddressKind, Contact, ContactAddress
from whatsapp.models.contact_rows import (
    Address,
    addresses_of,
    clients_of,
    contacts_at,
    insert_addresses,
    insert_contacts,
    rows_of,
)
from whatsapp.models.merge import merge


def identify(people: Iterable[tuple[Person, str]]) -> dict[Person, Contact]:
    """Find or make the contact of each (person, push name), in a handful of queries.

    Two contacts that turn out to be one person are merged. Must run inside a transaction.
    """
    shown = [(person, names.clean(name)) for person, name in people]
    known_as = {person: name for person, name in shown if name}
    wanted = {person: known_as.get(person, "") for person, _ in shown}
    known = contacts_at({address for person in wanted for address in addresses_of(person)})
    # Who is known by both addresses first: it may merge two contacts, and what is found after that
    # must be the one that stayed.
    fullest = sorted(wanted, key=lambda person: -len(addresses_of(person)))
    found = {person: _resolve(person, known) for person in fullest}
    missing = [person for person, contact in found.items() if contact is None]
    if missing:
        known |= _make(missing, wanted)
        found |= {person: _resolve(person, known) for person in missing}
    contacts = {person: contact for person, contact in found.items() if contact is not None}
    _learn_names(contacts, wanted)
    return contacts


def known_addresses(person: Person) -> QuerySet[ContactAddress]:
    """The rows of whichever of the person's addresses we know."""
    return rows_of(set(addresses_of(person)))


def _resolve(person: Person, known: dict[Address, Contact]) -> Contact | None:
    """The contact with the person's LID, else with the telephone; both are tied together."""
    addresses = addresses_of(person)
    hits = [known[address] for address in addresses if address in known]
    if not hits:
        return None
    if len(hits) == len(addresses) and len({hit.pk for hit in hits}) == 1:
        return hits[0]
    contact = _tie(person, hits)
    # In place: what this person taught holds for the others of the batch.
    known |= dict.fromkeys(addresses, contact)
    return contact


def _tie(person: Person, hits: list[Contact]) -> Contact:
    """Give one contact both addresses: learn a new one, merge two contacts, or move a telephone
    that WhatsApp has handed to somebody else."""
    if len({hit.pk for hit in hits}) == 1:
        contact = hits[0]
        # Found by the telephone alone, but its contact has another LID: WhatsApp gave the telephone
        # away, and an answer there would reach a stranger.
        recycled = person.lid and contact.addresses.filter(kind=AddressKind.LID).exclude(
            key=person.lid
        )
        if recycled and recycled.exists():
            contact = Contact.objects.create(push_name="")
            _move_phone(person, contact)
        _attach(person, contact)
        return contact
    by_lid, by_phone = hits
    # Two LIDs are two people, whatever the telephone was: nothing is merged.
    if by_phone.addresses.filter(kind=AddressKind.LID).exists():
        _move_phone(person, by_lid)
        return by_lid
    return merge(by_lid, by_phone, "mesmo LID e telefone numa mensagem")


def _move_phone(person: Person, to: Contact) -> None:
    key = phone.match_key(person.phone)
    row = ContactAddress.objects.select_related("contact").get(kind=AddressKind.PHONE, key=key)
    # Who had it keeps his thread and loses the telephone, if it is the one he shows.
    Contact.objects.filter(pk=row.contact_id, phone=row.value).update(phone="")
    ContactAddress.objects.filter(pk=row.pk).update(contact=to, value=person.phone)
    Contact.objects.filter(pk=to.pk).update(phone=person.phone)
    to.phone = person.phone


def _attach(person: Person, contact: Contact) -> None:
    insert_addresses({person: contact})
    if person.phone and not contact.phone:
        contact.phone = person.phone
        contact.save(update_fields=["phone"])
        if client_id := clients_of([person.phone]).get(person.phone):
            # Whoever tied the contact since it was read, knew better than a telephone does.
            untied = Contact.objects.filter(pk=contact.pk, client=None)
            if untied.update(client=client_id):
                contact.client_id = client_id


def _make(people: list[Person], names: dict[Person, str]) -> dict[Address, Contact]:
    """Insert contacts for people nobody knows. Another number's worker may do the same at the
    same instant: the unique address decides, and the loser's empty contact is removed."""
    clients = clients_of([person.phone for person in people if person.phone])
    merged = _one_per_address(people)
    contacts = insert_contacts(
        [(names[person][:160], person.phone, clients.get(person.phone)) for person in merged]
    )
    known = insert_addresses(dict(zip(merged, contacts, strict=True)))
    # ON CONFLICT waited for whoever was inserting the same, so the next statement sees his rows.
    # Two halves of one person are then tied by `_resolve`.
    lost = {address for person in people for address in addresses_of(person)} - known.keys()
    known |= contacts_at(lost) if lost else {}
    used = {contact.pk for contact in known.values()}
    if spare := [contact.pk for contact in contacts if contact.pk not in used]:
        Contact.objects.filter(pk__in=spare).delete()
    return known


def _one_per_address(people: list[Person]) -> list[Person]:
    """Drop those of a batch who share an address with an earlier one: a fuller view of the same
    person (LID and telephone) comes first."""
    taken: set[Address] = set()
    kept = []
    for person in sorted(people, key=lambda one: -len(addresses_of(one))):
        if not taken.intersection(addresses_of(person)):
            kept.append(person)
        taken.update(addresses_of(person))
    return kept


def _learn_names(contacts: dict[Person, Contact], names: dict[Person, str]) -> None:
    changed = []
    for person, contact in contacts.items():
        name = names[person][:160]
        if name and contact.push_name != name:
            contact.push_name = name
            changed.append(contact)
    Contact.objects.bulk_update(changed, ["push_name"])
