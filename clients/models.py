from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Agent
from clients import cnpj, phone


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


class Client(models.Model):
    """A customer on file: the company, or the person, behind one or more contacts."""

    name = models.CharField("nome", max_length=160)
    cnpj = models.CharField("CNPJ", max_length=14, null=True, blank=True, unique=True)
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

    class Meta:
        verbose_name = "cliente"
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.cnpj:
            self.cnpj = cnpj.normalise(self.cnpj)
            cnpj.validate(self.cnpj)
        self.cnpj = self.cnpj or None

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

    def move_to_stage(self, stage: SalesStage) -> bool:
        """Put the sale in *stage*; False when it already was there."""
        moved = (
            Client.objects.filter(pk=self.pk)
            .exclude(sales_stage=stage)
            .update(sales_stage=stage, stage_since=timezone.now(), updated_at=timezone.now())
        )
        self.refresh_from_db(fields=["sales_stage", "stage_since", "updated_at"])
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
