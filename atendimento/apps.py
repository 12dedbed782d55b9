from django.apps import AppConfig


class AtendimentoConfig(AppConfig):
    name = "atendimento"
    verbose_name = "Atendimento"

    def ready(self) -> None:
        from auditlog.registry import auditlog

        from atendimento.models import Agent

        auditlog.register(
            Agent, exclude_fields=["last_login"], mask_fields=["password"], m2m_fields={"groups"}
        )
