from django.apps import AppConfig


class WhatsappConfig(AppConfig):
    name = "whatsapp"
    verbose_name = "WhatsApp"

    def ready(self) -> None:
        from accounts import withdrawal
        from whatsapp.models import return_withdrawn

        withdrawal.register(return_withdrawn)
