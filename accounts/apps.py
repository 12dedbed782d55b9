from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Pessoas"

    def ready(self) -> None:
        from auditlog.registry import auditlog

        from accounts.models import Agent

        auditlog.register(
            Agent, exclude_fields=["last_login"], mask_fields=["password"], m2m_fields={"groups"}
        )
