from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from accounts.models import Agent
from accounts.rights import Can
from clients import phone
from clients.models.client import Client
from clients.models.conflict import as_read

TAKEN = "Este telefone já está no cadastro de um cliente."


class ClientPhone(models.Model):
    """A telephone of a client; `key` is equal for all spellings of one number."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="phones")
    number = models.CharField("telefone", max_length=phone.LONGEST_TYPED)
    # On one card only: `Contact._put_on_file` asks by it whose telephone it is.
    key = models.CharField(max_length=20, unique=True, editable=False)

    class Meta:
        verbose_name = "telefone"
        ordering = ["id"]
        indexes = [
            # For parts of a number: the unique index serves the whole one only.
            GinIndex(fields=["key"], name="clientphone_key_parts", opclasses=["gin_trgm_ops"])
        ]

    def __str__(self) -> str:
        return phone.mask(self.number)

    def clean(self) -> None:
        """Put the number into E.164. Raises ValidationError (pt-BR) naming `number`."""
        try:
            self.number = phone.parse(self.number)
        except ValidationError as error:
            raise ValidationError({"number": error.messages}) from error
        self.key = phone.match_key(self.number)
        if ClientPhone.objects.filter(key=self.key).exclude(pk=self.pk).exists():
            raise ValidationError({"number": TAKEN})

    def save(self, *args: object, **kwargs: object) -> None:
        # Also for who saves without full_clean, so that the key always fits the number.
        self.key = phone.match_key(self.number)
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def hold(self) -> ClientPhone:
        """The row as it is now, kept so until the transaction ends. Raises DoesNotExist."""
        return ClientPhone.objects.select_for_update(no_key=True).get(pk=self.pk)

    def read(self, name: str) -> str:
        """The field *name* as people read it."""
        return str(self) if name == "number" else as_read(self, name)

    def save_by(self, by: Agent) -> None:
        """Add it to its client, or change the number. Raises NotAllowed, ValidationError."""
        # The client's row stands for its telephones: whoever edits either waits for the other.
        with transaction.atomic():
            self.client.hold().must_allow(by, Can.EDIT_CLIENT)
            was = ClientPhone.objects.filter(pk=self.pk).first()
            self.full_clean(exclude=["client"])
            try:
                with transaction.atomic():
                    self.save()
            except IntegrityError as error:
                raise ValidationError({"number": TAKEN}) from error
            self.client.telephone_changed(by, str(was or ""), str(self))

    def delete_by(self, by: Agent) -> None:
        """Take it off its client's card. Raises NotAllowed."""
        with transaction.atomic():
            self.client.hold().must_allow(by, Can.EDIT_CLIENT)
            self.delete()
            self.client.telephone_changed(by, str(self), "")
