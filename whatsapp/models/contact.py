from __future__ import annotations

from django.db import models

from accounts.models import Agent
from clients import phone
from clients.models import Client, ClientPhone


def shown_name(client: str | None, person: str, number: str) -> str:
    """What the list shows: client on file, then the person, then the telephone."""
    return client or person or (phone.mask(number) if number else "") or "Contato sem nome"


class AddressKind(models.TextChoices):
    LID = "lid", "LID"
    PHONE = "phone", "telefone"


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
    name = models.CharField("nome dado pela equipe", max_length=160, blank=True)
    business_name = models.CharField("nome comercial", max_length=160, blank=True)
    push_name = models.CharField("nome no WhatsApp", max_length=160, blank=True)
    phone = models.CharField("telefone", max_length=20, blank=True)
    created_at = models.DateTimeField("criado em", auto_now_add=True)

    class Meta:
        verbose_name = "contato"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.display_name

    @property
    def person_name(self) -> str:
        """The person's own name: the team's word first, then what WhatsApp shows."""
        return self.name or self.business_name or self.push_name

    @property
    def display_name(self) -> str:
        client = self.client.name if self.client else None
        return shown_name(client, self.person_name, self.phone)

    def belong_to(self, by: Agent, client: Client) -> None:
        """Tie this contact, and the telephone it writes from, to *client*."""
        self.client = client
        self.save(update_fields=["client"])
        if self.phone:
            ClientPhone.objects.get_or_create(
                key=phone.match_key(self.phone), defaults={"client": client, "number": self.phone}
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


class ContactAddress(models.Model):
    """One way WhatsApp names a contact. `key` is what is compared, `value` what is sent to."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="addresses")
    kind = models.CharField(max_length=5, choices=AddressKind.choices)
    value = models.CharField(max_length=40)
    key = models.CharField(max_length=40)

    class Meta:
        verbose_name = "endereço"
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="one_contact_per_address")
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


class ContactMerge(models.Model):
    """The record that two contacts turned out to be one person."""

    kept = models.ForeignKey(Contact, models.CASCADE, related_name="merges")
    merged_id = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "união de contatos"
        verbose_name_plural = "uniões de contatos"

    def __str__(self) -> str:
        return f"{self.merged_id} → {self.kept_id}"
