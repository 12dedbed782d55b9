"""People and the audit in the admin: to look up; what changes people goes through the verbs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import people
from accounts.models import Agent, AuditEntry
from accounts.rights import NotAllowed

# Rights follow from the role alone.
admin.site.unregister(Group)


# Django's forms would write past the verbs: no right asked, no audit, no socket told.
class ReadOnlyAdmin(admin.ModelAdmin):
    """Nobody adds, changes or deletes by a form."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Agent)
class AgentAdmin(ReadOnlyAdmin):
    """Passwords and roles are given on the page *Pessoas*; here only what needs no answer."""

    list_display = ["username", "first_name", "last_name", "role", "is_active", "last_login"]
    list_filter = ["role", "is_active"]
    search_fields = ["username", "first_name", "last_name", "email"]
    fields = [
        *("username", "first_name", "last_name", "email", "role", "is_active"),
        *("must_change_password", "temporary_until", "last_login", "date_joined"),
    ]
    actions = ["deactivate", "unlock"]

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_agent")

    @admin.action(description="Desativar", permissions=["manage"])
    def deactivate(self, request: HttpRequest, rows: QuerySet[Agent]) -> None:
        self._each(request, rows, people.deactivate)

    @admin.action(description="Desbloquear", permissions=["manage"])
    def unlock(self, request: HttpRequest, rows: QuerySet[Agent]) -> None:
        self._each(request, rows, people.unlock)

    def _each(
        self, request: HttpRequest, rows: QuerySet[Agent], verb: Callable[[Agent, Agent], Any]
    ) -> None:
        by, done = cast(Agent, request.user), 0
        # One by one, each in its own transaction: who may not be touched holds up nobody else.
        for person in rows:
            try:
                verb(by, person)
                done += 1
            except NotAllowed as error:
                self.message_user(request, str(error), messages.ERROR)
        if done:
            self.message_user(request, f"Feito para {done} de {len(rows)}.")


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor_name", "door", "verb", "label", "old", "new"]
    list_filter = ["door"]
    show_full_result_count = False
