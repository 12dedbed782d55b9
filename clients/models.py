from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from accounts import audit
from accounts.models import Agent
from accounts.rights import Can, NotAllowed, Scope
from clients import cnpj, phone
from live import announce


class CompanyType(models.TextChoices):
    MEI = "mei", "MEI"
    ME = "me", "ME"
    EPP = "epp", "EPP"
    LTDA = "ltda", "LTDA"
    SA = "sa", "S.A."
    OTHER = "other", "Outro"


class ClientStatus(models.TextChoices):
    PROSPECT = "prospect", "Prospecto"
    ACTIVE = "active", "Cliente ativo"
    INACTIVE = "inactive", "Cliente inativo"


class SalesStage(models.TextChoices):
    LEAD = "lead", "Novo lead"
    QUALIFYING = "qualifying", "Qualificação"
    CREDIT = "credit", "Análise de crédito"
    PROPOSAL = "proposal", "Proposta"
    CONTRACT = "contract", "Contrato"
    ACTIVATION = "activation", "Ativação"

    @property
    def position(self) -> int:
        """1 to 6, as the stepper of the client card counts."""
        return list(SalesStage).index(self) + 1


class ClientQuerySet(models.QuerySet["Client"]):
    def visible_to(self, agent: Agent) -> ClientQuerySet:
        """Clients that *agent* may see: who supervises sees all; others those who have a
        conversation on a number of theirs, their own, and those without any conversation.

        The numbers are reached by the names of relations, since this room knows no WhatsApp; the
        rule for them stands in `Session.visible_to`, and a test compares both.
        """
        if agent.may(Can.SEE_CLIENT, Scope.ALL):
            return self
        me, thread = Q(pk=OuterRef("pk")), "contacts__conversations"
        # One filter() each: a second one would join the conversations once more.
        talked = Client.objects.filter(me, **{f"{thread}__isnull": False})
        open_to_all = Q(**{f"{thread}__session__agents__isnull": True})
        mine = Q(**{f"{thread}__session__agents": agent})
        seen = Client.objects.filter(me, open_to_all | mine, **{f"{thread}__isnull": False})
        return self.filter(Q(responsible=agent) | Exists(seen) | ~Exists(talked))

    def search(self, words: str) -> ClientQuerySet:
        """Those whose name, CNPJ or telephone has *words* in it."""
        found = Q(name__icontains=words)
        if len(digits := phone.digits(words)) >= 4:
            numbers = ClientPhone.objects.filter(number__contains=digits)
            found |= Q(pk__in=numbers.values("client"))
        if len(code := cnpj.normalise(words)) >= 4:
            found |= Q(cnpj__contains=code)
        return self.filter(found)

    def create_by(self, by: Agent, values: Mapping[str, Any]) -> Client:
        """Put a client on file. Raises ValidationError naming the field, NotAllowed."""
        if not by.may(Can.CREATE_CLIENT):
            raise NotAllowed("Você não pode cadastrar clientes.")
        _check_responsible(values)
        with transaction.atomic():
            client = self.create(**values)
            audit.record(by, "client.created", client, client_id=client.pk)
            announce.client_changed(client.pk)
        return client


def _check_responsible(values: Mapping[str, Any]) -> None:
    responsible = values.get("responsible")
    if responsible is not None and not responsible.is_active:
        raise ValidationError({"responsible": "Escolha um atendente ativo."})


class Client(models.Model):
    """A customer on file: the company, or the person, behind one or more contacts."""

    name = models.CharField("nome", max_length=160)
    cnpj = models.CharField(
        "CNPJ",
        max_length=14,
        null=True,
        blank=True,
        unique=True,
        error_messages={"unique": "Já existe um cliente com este CNPJ."},
    )
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
    created_at = models.DateTimeField("na base desde", auto_now_add=True)
    updated_at = models.DateTimeField("alterado em", auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ClientQuerySet.as_manager()

    class Meta:
        verbose_name = "cliente"
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.cnpj = cnpj.clean(self.cnpj or "") or None

    @property
    def cnpj_masked(self) -> str:
        return cnpj.mask(self.cnpj or "")

    @property
    def stage(self) -> SalesStage:
        return SalesStage(self.sales_stage)

    def stages(self) -> list[dict[str, object]]:
        """The six steps, each done, current, or ahead."""
        here = self.stage.position
        return [
            {
                "value": stage.value,
                "label": stage.label,
                "done": stage.position < here,
                "current": stage.position == here,
            }
            for stage in SalesStage
        ]

    def edit(self, by: Agent, values: Mapping[str, Any]) -> None:
        """Write *values* and no other field. Raises ValidationError naming the field, NotAllowed.

        Each field that changes is one audit entry; the version moves on with every edit.
        """
        if not by.may(Can.EDIT_CLIENT):
            raise NotAllowed("Você não pode mudar este cadastro.")
        _check_responsible(values)
        changed = {name: new for name, new in values.items() if getattr(self, name) != new}
        if not changed:
            return
        stage = changed.get("sales_stage")
        with transaction.atomic():
            for name, new in changed.items():
                old = getattr(self, name)
                audit.record(by, f"client.{name}", self, old=old, new=new, client_id=self.pk)
            moved = {"stage_since": timezone.now()} if stage else {}
            Client.objects.filter(pk=self.pk).update(
                **changed, **moved, updated_at=timezone.now(), version=F("version") + 1
            )
            announce.client_changed(self.pk)
        self.refresh_from_db()

    def move_to_stage(self, stage: SalesStage) -> bool:
        """Put the sale in *stage*; False when it already was there."""
        moved = (
            Client.objects.filter(pk=self.pk)
            .exclude(sales_stage=stage)
            .update(
                sales_stage=stage,
                stage_since=timezone.now(),
                updated_at=timezone.now(),
                version=F("version") + 1,
            )
        )
        self.refresh_from_db(fields=["sales_stage", "stage_since", "updated_at", "version"])
        return bool(moved)

    def hand_to(self, agent: Agent | None) -> None:
        self.responsible = agent
        self.save(update_fields=["responsible", "updated_at"])


class ClientPhone(models.Model):
    """A telephone of a client; `key` is equal for both spellings of the ninth digit."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="phones")
    number = models.CharField("telefone", max_length=20)
    key = models.CharField(max_length=20, unique=True, editable=False)

    class Meta:
        verbose_name = "telefone"
        ordering = ["id"]

    def __str__(self) -> str:
        return phone.mask(self.number)

    def clean(self) -> None:
        self.number = phone.parse(self.number)
        self.key = phone.match_key(self.number)

    def save(self, *args: object, **kwargs: object) -> None:
        self.key = phone.match_key(self.number)
        super().save(*args, **kwargs)  # type: ignore[arg-type]
