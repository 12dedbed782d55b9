from __future__ import annotations

from django.db import models


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

    def steps(self) -> list[dict[str, object]]:
        """The six stages as seen from this one: each done, current, or ahead."""
        here = self.position
        return [
            {
                "value": stage.value,
                "label": stage.label,
                "done": stage.position < here,
                "current": stage.position == here,
            }
            for stage in SalesStage
        ]
