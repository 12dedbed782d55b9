from django.apps import AppConfig


class WhatsappConfig(AppConfig):
    name = "whatsapp"
    verbose_name = "WhatsApp"

    def ready(self) -> None:
        from accounts import withdrawal
        from whatsapp.models import Conversation, return_withdrawn

        def held(agent_id: int) -> int:
            return Conversation.objects.active().filter(assigned_to=agent_id).count()

        # accounts knows no conversations: it calls what is registered with it.
        withdrawal.register(return_withdrawn)
        withdrawal.count_with(held)
