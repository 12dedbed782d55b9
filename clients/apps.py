from django.apps import AppConfig


class ClientsConfig(AppConfig):
    name = "clients"
    verbose_name = "Clientes"

    def ready(self) -> None:
        from auditlog.registry import auditlog

        from clients.models import Client, ClientPhone

        auditlog.register(Client, exclude_fields=["updated_at"])
        auditlog.register(ClientPhone, exclude_fields=["key"])
