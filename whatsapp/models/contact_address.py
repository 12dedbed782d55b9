from __future__ import annotations

from django.db import models

from whatsapp.models.contact import Contact


class AddressKind(models.TextChoices):
    LID = "lid", "LID"
    PHONE = "phone", "telefone"


class ContactAddress(models.Model):
    """One way WhatsApp names a contact. `key` is what is compared, `value` WhatsApp's own form."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="addresses")
    kind = models.CharField(max_length=5, choices=AddressKind.choices)
    value = models.CharField(max_length=40)
    # Of a telephone it is `clients.phone.match_key`, the same with and without Brazil's ninth
    # digit; `address.key_of` and `contact_rows.addresses_of` must make the same.
    key = models.CharField(max_length=40)

    class Meta:
        verbose_name = "endereço"
        constraints = [
            # Settles two numbers that hear from one stranger at once
            # (`contact_rows.insert_addresses`). Kind first: look-ups name it with their keys.
            models.UniqueConstraint(fields=["kind", "key"], name="one_contact_per_address")
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


class ContactMerge(models.Model):
    """The record that two contacts turned out to be one person."""

    kept = models.ForeignKey(Contact, models.CASCADE, related_name="merges")
    # No foreign key: that row is gone.
    merged_id = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "união de contatos"
        verbose_name_plural = "uniões de contatos"

    def __str__(self) -> str:
        return f"{self.merged_id} → {self.kept_id}"
