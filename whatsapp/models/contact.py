from __future__ import annotations

from django.db import models, transaction
from django.db.models import Q, Value
from django.db.models.functions import Concat

from accounts import audit
from accounts.models import Agent
from accounts.rights import Can, NotAllowed, Scope
from clients import names, phone
from clients.fields import NameField
from clients.models import Client, ClientPhone
from clients.models.conflict import as_read, conflict_of
from clients.names import Fold, first_visible
from clients.phone import PhoneKey
from clients.search import Term, terms
from live import announce


def person_name(name: str, business_name: str, push_name: str) -> str:
    """The person's own name: the team's word first, then what WhatsApp shows."""
    return first_visible(name, business_name, push_name)


def shown_name(client: str | None, person: str, number: str) -> str:
    """What the list shows: client on file, then the person, then the telephone."""
    known = first_visible(client, person)
    return known or (phone.mask(number) if number else "Contato sem nome")


class ContactQuerySet(models.QuerySet["Contact"]):
    def search(self, words: str) -> ContactQuerySet:
        """Those with all of *words* in the names or the telephone, or in those of the client they
        belong to, or in its CNPJ; in any order.

        Reads every contact: a trigram index would make each new one cost twice as much
        (docs/performance.md).
        """
        found = self
        for term in terms(words):
            found = found.having(term)
        return found

    def having(self, term: Term) -> ContactQuerySet:
        # Unordered: a sub-select's order is read by nobody, and sorting all clients costs.
        theirs = Client.objects.order_by().having(term).values("pk")
        named = term.in_names("names_folded") | term.in_phones("phone_key")
        return self.filter(named | Q(client__in=theirs))


class Contact(models.Model):
    """Whoever writes to us. Has addresses (LID, phone); may belong to a client on file."""

    client = models.ForeignKey(
        Client,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name="cliente",
    )
    name = NameField("nome dado pela equipe", blank=True)
    business_name = NameField("nome comercial", blank=True)
    push_name = NameField("nome no WhatsApp", blank=True)
    # To show and to search. Who is who is decided by the addresses below.
    phone = models.CharField("telefone", max_length=20, blank=True)
    # Folded by PostgreSQL once, at each write: a search reads every row (docs/performance.md has
    # what that costs a new contact).
    names_folded = models.GeneratedField(
        expression=Fold(
            Concat(
                "name",
                Value(" "),
                "business_name",
                Value(" "),
                "push_name",
                output_field=models.TextField(),
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
    )
    phone_key = models.GeneratedField(
        expression=PhoneKey("phone"),
        output_field=models.CharField(max_length=20),
        db_persist=True,
    )
    created_at = models.DateTimeField("criado em", auto_now_add=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = "contato"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.display_name

    @property
    def person_name(self) -> str:
        return person_name(self.name, self.business_name, self.push_name)

    @property
    def display_name(self) -> str:
        client = self.client.name if self.client else None
        return shown_name(client, self.person_name, self.phone)

    def hold(self) -> Contact:
        """Return the row as it is now, kept from others until the transaction ends."""
        return Contact.objects.select_for_update(no_key=True).get(pk=self.pk)

    def read(self, name: str) -> str:
        """The field *name* as people read it."""
        return as_read(self, name)

    def belong_to(self, by: Agent, client: Client | None, *, first: bool = False) -> None:
        """Tie this contact, and the telephone it writes from, to *client*; with None, untie it.

        A telephone that another client has on file stays there. Raises NotAllowed, also when
        *client* is none that *by* may see; and, if *first*, when somebody has tied it to another
        meanwhile.
        """
        self._must_allow(by)
        if client:
            client.must_allow(by, Can.LINK_CONTACT)
        with transaction.atomic():
            # Read under the lock: of two who tie it at once the second notes what the first made of
            # it.
            held = self.hold()
            was = held.client
            if first and was and was != client:
                who = conflict_of(held, "client").who or "Outra pessoa"
                raise NotAllowed(f"{who} já vinculou este contato a {was}.")
            Contact.objects.filter(pk=self.pk).update(client=client)
            self.client = client
            if client and self.phone:
                self._put_on_file(by, client)
            if was != client:
                self._record(by, "client", was, client)
                self._announce(was, client)

    def _must_allow(self, by: Agent) -> None:
        if by.may(Can.LINK_CONTACT, Scope.ALL):
            return
        seen = self.conversations.visible_to(by).exists() or not self.conversations.exists()
        if not by.may(Can.LINK_CONTACT, Scope.VISIBLE if seen else Scope.ALL):
            raise NotAllowed("Este contato é de números que você não atende.")

    def _put_on_file(self, by: Agent, client: Client) -> None:
        # The key is unique: whoever has the telephone on file keeps it, also when two tie at once.
        telephone, created = ClientPhone.objects.get_or_create(
            key=phone.match_key(self.phone), defaults={"client": client, "number": self.phone}
        )
        if created:
            client.telephone_changed(by, "", str(telephone))

    def rename(self, by: Agent, name: str) -> None:
        """Give the contact the team's own name for it; empty to take it back. Raises NotAllowed."""
        self._must_allow(by)
        with transaction.atomic():
            was = self.hold()
            self.name = names.clean(name)
            if was.name != self.name:
                self.save(update_fields=["name"])
                self._record(by, "name", was.name, self.name)
                self._announce()

    def _record(self, by: Agent, field: str, old: object, new: object) -> None:
        verb, client_id = f"contact.{field}", self.client_id
        audit.record(by, verb, self, old=old or "", new=new or "", client_id=client_id)

    def _announce(self, *clients: Client | None) -> None:
        """Tell of *clients*, and of the conversations, whose row and header name the contact."""
        threads = self.conversations.values_list("session", "pk")
        announce.announce(
            [
                *(announce.of_client(client.pk) for client in clients if client),
                *(announce.of_conversation(*ids) for ids in threads),
            ]
        )

    @property
    def phone_masked(self) -> str:
        return phone.mask(self.phone) if self.phone else ""

    @property
    def initials(self) -> str:
        words = [word for word in self.display_name.split() if word[0].isalpha()]
        if not words:
            return ""
        return (words[0][0] + (words[1][0] if len(words) > 1 else words[0][1:2])).upper()

    @property
    def tone(self) -> int:
        return self.pk % 6 + 1
