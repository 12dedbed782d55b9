from django.apps import AppConfig


class WhatsappConfig(AppConfig):
    name = "whatsapp"
    verbose_name = "WhatsApp"

    def ready(self) -> None:
        from auditlog.registry import auditlog

        from whatsapp.models import Contact, Session

        # What people decide about a number, not what the wire reports of it.
        auditlog.register(Session, include_fields=["name", "slug", "wanted"], m2m_fields={"agents"})
        auditlog.register(Contact, include_fields=["name", "client"])
