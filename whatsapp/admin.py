"""The record, for supervisors: numbers and conversations to change, the journal to read."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from clients.admin_forms import Searched
from whatsapp.contact_admin import ContactAdmin as ContactAdmin
from whatsapp.models import (
    Arrival,
    ArrivalState,
    Attendance,
    Conversation,
    Message,
    Session,
)
from whatsapp.numbers import numbers_with_queue

logger = logging.getLogger(__name__)


class EstimatingPaginator(Paginator):
    """Never counts a journal of millions: PostgreSQL's own estimate is near enough for a pager.
    Filtered lists are counted up to a limit."""

    LIMIT = 10_000

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        first = len(rows.order_by().values("pk")[: self.LIMIT])
        if first < self.LIMIT or rows.query.where:
            return first
        with connection.cursor() as cursor:
            table = rows.model._meta.db_table
            cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [table])
            return max(first, int(cursor.fetchone()[0]))


class Journal(admin.ModelAdmin):
    """Written by the wire, read by people."""

    paginator = EstimatingPaginator
    show_full_result_count = False
    ordering = ["-id"]
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Session)
class SessionAdmin(admin.ModelAdmin):
    list_display = ["name", "phone_masked", "state_words", "state_since", "queue", "lease"]
    search_fields = ["name", "phone"]
    filter_horizontal = ["agents"]
    fields = ["name", "agents", "phone_masked", "state_words", "state_since", "state_detail"]
    readonly_fields = ["phone_masked", "state_words", "state_since", "state_detail"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        return numbers_with_queue()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="estado")
    def state_words(self, session: Session) -> str:
        return f"{session.shown_state.label}: {session.words.sentence}"

    @admin.display(description="na fila")
    def queue(self, session: Any) -> int:
        return int(session.queue)

    @admin.display(description="dono")
    def lease(self, session: Session) -> str:
        if not session.owned:
            return "ninguém"
        until = session.lease_until
        return f"{session.lease_owner} (época {session.lease_epoch}, até {until:%H:%M:%S} UTC)"


@admin.register(Conversation)
class ConversationAdmin(Searched, admin.ModelAdmin):
    list_display = [
        "contact",
        "session",
        "status",
        "assigned_to",
        "unread_count",
        "last_message_at",
    ]
    list_filter = ["status", "session"]
    list_select_related = ["contact__client", "session", "assigned_to"]
    search_help_text = "Contato, telefone, cliente ou CNPJ"
    fields = ["session", "contact", "status", "assigned_to", "unread_count", "last_message_at"]
    readonly_fields = ["session", "contact", "unread_count", "last_message_at"]
    paginator = EstimatingPaginator
    show_full_result_count = False
    ordering = ["-last_message_at", "-id"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Attendance)
class AttendanceAdmin(Journal):
    list_display = [
        "id",
        "conversation",
        "agent",
        "opened_at",
        "claimed_at",
        "finished_at",
        "outcome",
    ]
    list_filter = ["outcome"]
    list_select_related = ["conversation__contact__client", "conversation__session", "agent"]


@admin.register(Message)
class MessageAdmin(Journal):
    list_display = ["id", "at", "direction", "conversation", "preview", "delivery", "error"]
    list_select_related = ["conversation__contact__client", "conversation__session"]
    search_fields = ["wa_id__exact"]
    search_help_text = "Id da mensagem no WhatsApp, inteiro"


@admin.register(Arrival)
class ArrivalAdmin(Journal):
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
                inbox.rerun(arrival)
            except Exception as error:
                logger.exception("arrival %s failed again", arrival.pk)
                text = f"A chegada {arrival.pk} falhou de novo: {error}"
                self.message_user(request, text, messages.ERROR)
            else:
                self.message_user(request, f"A chegada {arrival.pk} foi tratada.")
