from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest

from clients.admin_forms import Searched
from whatsapp.admin.base import RecordAdmin, agent_of, for_each
from whatsapp.models import Attendance, AttendanceEvent, Conversation, Outcome, step_words


class OutcomeForm(ActionForm):
    """The list's actions; *motivo* is asked for by "Finalizar"."""

    motivo = forms.ChoiceField(
        label="Motivo", required=False, choices=[("", "Motivo, ao finalizar"), *Outcome.choices]
    )


@admin.register(Conversation)
class ConversationAdmin(Searched, RecordAdmin):
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
    ordering = ["-last_message_at", "-id"]
    action_form = OutcomeForm
    # Who may see may try: each verb asks the table of rights about each row.
    actions = ["claim", "release", "finish", "reopen"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        return Conversation.objects.visible_to(agent_of(request))

    @admin.action(description="Assumir", permissions=["view"])
    def claim(self, request: HttpRequest, chosen: QuerySet[Conversation]) -> None:
        by = agent_of(request)
        for_each(self, request, chosen, lambda one: one.claim(by, one.assigned_to))

    @admin.action(description="Devolver à fila", permissions=["view"])
    def release(self, request: HttpRequest, chosen: QuerySet[Conversation]) -> None:
        by = agent_of(request)
        for_each(self, request, chosen, lambda one: one.transfer(by, None))

    @admin.action(description="Finalizar", permissions=["view"])
    def finish(self, request: HttpRequest, chosen: QuerySet[Conversation]) -> None:
        by, outcome = agent_of(request), request.POST.get("motivo", "")
        if outcome not in Outcome.values:
            self.message_user(request, "Escolha o motivo antes de finalizar.", messages.ERROR)
            return
        for_each(self, request, chosen, lambda one: one.finish(by, Outcome(outcome)))

    @admin.action(description="Reabrir", permissions=["view"])
    def reopen(self, request: HttpRequest, chosen: QuerySet[Conversation]) -> None:
        by = agent_of(request)
        for_each(self, request, chosen, lambda one: one.reopen(by))


class StepInline(admin.TabularInline):
    """The steps of an attendance, as they are read in the thread."""

    model = AttendanceEvent
    fields = ["at", "kind", "by", "to", "sentence"]
    readonly_fields = ["at", "kind", "by", "to", "sentence"]
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("by", "to")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return agent_of(request).has_perm("whatsapp.view_attendance")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="o quê")
    def sentence(self, event: AttendanceEvent) -> str:
        return step_words.sentence(event)


@admin.register(Attendance)
class AttendanceAdmin(RecordAdmin):
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
    inlines = [StepInline]
