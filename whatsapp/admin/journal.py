"""What the wire wrote: messages, and what arrived raw."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from whatsapp.admin.base import RecordAdmin, agent_of
from whatsapp.models import Arrival, ArrivalState, Message

logger = logging.getLogger(__name__)


@admin.register(Message)
class MessageAdmin(RecordAdmin):
    list_display = ["id", "at", "direction", "conversation", "preview", "delivery", "error"]
    list_select_related = ["conversation__contact__client", "conversation__session"]
    # Exact: the unique index begins with wa_id, `icontains` would read every message.
    search_fields = ["wa_id__exact"]
    search_help_text = "Id da mensagem no WhatsApp, inteiro"

    def change_view(self, request: HttpRequest, object_id: str, *args: Any) -> HttpResponse:
        """Reading a message is reading its conversation, and noted as on the desk."""
        answer = super().change_view(request, object_id, *args)
        if answer.status_code == 200 and (message := self.get_object(request, object_id)):
            message.conversation.note_reading(agent_of(request))
        return answer


@admin.register(Arrival)
class ArrivalAdmin(RecordAdmin):
    list_display = ["id", "session", "code", "received_at", "state", "error"]
    list_filter = ["state"]
    list_select_related = ["session"]
    actions = ["run_again"]
    fields = ["session", "seq", "code", "received_at", "state", "error"]

    @admin.action(description="Tratar de novo", permissions=["view"])
    def run_again(self, request: HttpRequest, chosen: QuerySet[Arrival]) -> None:
        # Reading bytes loads neonize and its 18 MB of Go, which no web process needs before.
        from whatsapp.worker import inbox

        for arrival in chosen.filter(state=ArrivalState.FAILED):
            try:
                inbox.rerun(arrival, agent_of(request))
            # Whatever it fails with is shown; all was rolled back, and the row keeps its bytes and
            # its first error.
            except Exception as error:
                logger.exception("arrival %s failed again", arrival.pk)
                text = f"A chegada {arrival.pk} falhou de novo: {error}"
                self.message_user(request, text, messages.ERROR)
            else:
                self.message_user(request, f"A chegada {arrival.pk} foi tratada.")
