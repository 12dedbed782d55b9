from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from accounts import audit
from accounts.models import Agent
from accounts.rights import Can, NotAllowed, Scope
from clients import cnpj
from clients.fields import CNPJField, NameField
from clients.models.choices import ClientStatus, CompanyType, SalesStage
from clients.models.conflict import EDITABLE, as_read, as_seen, conflicts
from clients.models.queryset import ClientQuerySet, unless_taken
from clients.models.visible import conversations
from clients.names import Fold
from live import announce


class Client(models.Model):
    """A customer on file: the company, or the person, behind one or more contacts.

    `version` grows with each change of a field or a telephone.
    """

    name = NameField("nome", error_messages={"blank": "Escreva um nome."})
    cnpj = CNPJField("CNPJ")
    email = models.EmailField("e-mail", blank=True)
    company_type = models.CharField(
        "tipo de empresa", max_length=8, choices=CompanyType.choices, blank=True
    )
    credit_limit = models.BooleanField("limite de crédito", null=True, blank=True)
    has_debt = models.BooleanField("possui débitos", null=True, blank=True)
    status = models.CharField(
        "status", max_length=10, choices=ClientStatus.choices, default=ClientStatus.PROSPECT
    )
    sales_stage = models.CharField(
        "etapa da venda", max_length=12, choices=SalesStage.choices, default=SalesStage.LEAD
    )
    stage_since = models.DateTimeField("na etapa desde", default=timezone.now)
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="clients",
        verbose_name="responsável",
    )
    version = models.PositiveIntegerField("versão", default=1, editable=False)
    created_at = models.DateTimeField("na base desde", auto_now_add=True)
    updated_at = models.DateTimeField("alterado em", auto_now=True)
    # Stored for the index of trigrams below, by the function that folds what is looked for.
    name_folded = models.GeneratedField(
        expression=Fold("name"), output_field=models.TextField(), db_persist=True
    )

    objects = ClientQuerySet.as_manager()

    class Meta:
        verbose_name = "cliente"
        ordering = ["name", "id"]
        indexes = [
            # The order of lists; with the id no page skips or repeats one of two equal names.
            models.Index(fields=["name", "id"], name="client_by_name"),
            GinIndex(fields=["name_folded"], name="client_name_parts", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.cnpj = self.cnpj or None

    @property
    def cnpj_masked(self) -> str:
        return cnpj.mask(self.cnpj or "")

    @property
    def stage(self) -> SalesStage:
        return SalesStage(self.sales_stage)

    def stages(self) -> list[dict[str, object]]:
        """The six steps, each done, current, or ahead."""
        return self.stage.steps()

    def read(self, name: str) -> str:
        """The field *name* as people read it."""
        return self.cnpj_masked if name == "cnpj" else as_read(self, name)

    def distance_to(self, agent: Agent) -> Scope:
        """How far this client is from *agent*, for the table of rights."""
        if self.responsible_id == agent.pk:
            return Scope.OWN
        seen = Client.objects.visible_to(agent).filter(pk=self.pk).exists()
        return Scope.VISIBLE if seen else Scope.ALL

    def must_allow(self, by: Agent, can: Can) -> None:
        """Raises NotAllowed (pt-BR) unless *by* may do *can* to this client."""
        if not by.may(can):
            raise NotAllowed("Você não pode fazer isto com um cadastro.")
        if not by.may(can, Scope.ALL) and not by.may(can, self.distance_to(by)):
            raise NotAllowed("Este cliente é de números que você não atende.")

    def edit(
        self, by: Agent, values: Mapping[str, Any], seen: Mapping[str, Any] | None = None
    ) -> list[str]:
        """Write *values*, by field; return the names of those that changed.

        *seen* is what the editor had before his eyes, by field: whoever would write over a
        colleague's change is told so before anything is written. Without it the newest wins.
        Fields that *values* does not name keep what others gave them meanwhile. Raises NotAllowed,
        ValidationError (pt-BR, by field), EditConflict.
        """
        with transaction.atomic():
            # The lock first: right and comparison then hold until the commit.
            was = self.hold()
            was.must_allow(by, Can.EDIT_CLIENT)
            for conflict in conflicts(was, values, seen or {}):
                raise conflict
            # This instance may be older: what *values* does not name is as others left it.
            self.refresh_from_db()
            self.set_values(values)
            # In normal forms by now: another spelling of what stands there is no change.
            changed = [name for name in values if getattr(was, name) != getattr(self, name)]
            if changed:
                self._write(changed)
                for name in changed:
                    self._record(by, name, was.read(name), self.read(name))
                announce.client_changed(self.pk)
        return changed

    def hold(self) -> Client:
        """Return the row as it is now, kept from others until the transaction ends."""
        # NO KEY: adding a telephone or linking a contact shares the key and need not wait.
        return Client.objects.select_for_update(no_key=True).get(pk=self.pk)

    def move_to_stage(self, by: Agent, stage: SalesStage, seen: str | None = None) -> bool:
        """Put the sale in *stage*; False when it already was there. Raises as `edit`."""
        before = None if seen is None else {"sales_stage": seen}
        return bool(self.edit(by, {"sales_stage": stage}, before))

    def telephone_changed(self, by: Agent, old: str, new: str) -> None:
        """Record and announce that a telephone *old* is now *new*; either may be empty."""
        # Counted in SQL: this instance may be older than the row.
        Client.objects.filter(pk=self.pk).update(
            version=F("version") + 1, updated_at=timezone.now()
        )
        self._record(by, "phones", old, new)
        announce.client_changed(self.pk)

    def delete_by(self, by: Agent) -> None:
        """Take the client off the file; the contacts stay. Raises NotAllowed."""
        self.must_allow(by, Can.DELETE_CLIENT)
        with transaction.atomic():
            # Before the row goes: afterwards nobody knows whose conversations showed its card.
            threads = conversations(Client).filter(contact__client=self)
            ids = threads.values_list("session", "pk")
            self._record(by, "deleted", self.name, "")
            announce.announce(
                [announce.of_client(self.pk), *(announce.of_conversation(*pair) for pair in ids)]
            )
            self.delete()

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Put *values* into the fields, in their normal forms. Raises ValidationError by field."""
        for name, value in values.items():
            if name not in EDITABLE:
                raise ValueError(f"{name} is not written by hand")
            # Who left stays responsible, and the card can be saved, until another one is chosen.
            fresh = as_seen(value) != as_seen(getattr(self, name))
            if name == "responsible" and value and fresh and not value.is_active:
                raise ValidationError({name: "Escolha uma pessoa ativa como responsável."})
            setattr(self, name, value)
        # Of a new client all is checked, so that one without a name is refused.
        others = {field.name for field in self._meta.fields} - set(values) if self.pk else None
        self.full_clean(exclude=others, validate_constraints=False)

    def _write(self, changed: list[str]) -> None:
        """Save the *changed* fields and the new version, of a row that is held (`hold`)."""
        self.version += 1
        fields = [*changed, "version", "updated_at"]
        if "sales_stage" in changed:
            self.stage_since = timezone.now()
            fields.append("stage_since")
        unless_taken(lambda: self.save(update_fields=fields))

    def _record(self, by: Agent, field: str, old: str, new: str) -> None:
        audit.record(by, f"client.{field}", self, old=old, new=new, client_id=self.pk)
