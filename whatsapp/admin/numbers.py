from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import BaseModelForm
from django.http import HttpRequest, QueryDict

from clients.admin_forms import SeenForm, told_by_django
from whatsapp.admin.base import agent_of
from whatsapp.models import Session, rename_number, set_agents
from whatsapp.numbers import numbers_with_queue


class NumberAdminForm(SeenForm):
    """The list of people is compared as a whole: it says who may read the conversations."""

    def _compare(self, values: dict[str, Any]) -> None:
        wanted = values.pop("agents", None)
        super()._compare(values)
        if wanted is None:
            return
        # The row of the number is held by now, as `set_agents` holds it.
        now = list(self.instance.agents.order_by("pk"))
        ids = [str(agent.pk) for agent in now]
        seen = cast(QueryDict, self.data).getlist(self.add_initial_prefix("agents"))
        if set(ids) in (set(seen), {str(agent.pk) for agent in wanted}):
            return
        names = ", ".join(map(str, now)) or "todos"
        text = f"Outra pessoa mudou este campo para {names}. Salve de novo para ficar com o seu."
        self.add_error("agents", text)
        self._show_again("agents", ids)


@admin.register(Session)
class SessionAdmin(admin.ModelAdmin):
    form = NumberAdminForm
    list_display = ["name", "phone_masked", "state_words", "state_since", "queue", "lease"]
    search_fields = ["name", "phone"]
    filter_horizontal = ["agents"]
    fields = ["name", "agents", "phone_masked", "state_words", "state_since", "state_detail"]
    readonly_fields = ["phone_masked", "state_words", "state_since", "state_detail"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        return numbers_with_queue()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A number goes by `remove_number` alone, which asks and records."""
        return False

    def save_model(self, request: HttpRequest, obj: Session, form: Any, change: bool) -> None:
        # The worker writes the row all the time: what was not edited here is not ours to write.
        if "name" in form.changed_data:
            with told_by_django():
                rename_number(obj, agent_of(request), form.cleaned_data["name"])

    def save_related(
        self, request: HttpRequest, form: BaseModelForm, formsets: Any, change: bool
    ) -> None:
        if "agents" in form.changed_data:
            with told_by_django():
                set_agents(form.instance, agent_of(request), form.cleaned_data["agents"])

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
