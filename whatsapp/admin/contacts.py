"""Contacts for supervisors: what the team calls them, and whose they are."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest

from accounts.models import Agent
from clients.admin_forms import Searched, SeenForm, told_by_django
from whatsapp.models import Contact


@admin.register(Contact)
class ContactAdmin(Searched):
    form = SeenForm
    list_display = ["display_name", "phone_masked", "client"]
    list_select_related = ["client"]
    search_help_text = "Nome, telefone, cliente ou CNPJ"
    autocomplete_fields = ["client"]
    fields = ["name", "client", "push_name", "business_name", "phone"]
    readonly_fields = ["push_name", "business_name", "phone"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A contact is what WhatsApp says: it is merged, never deleted."""
        return False

    def save_model(self, request: HttpRequest, obj: Contact, form: Any, change: bool) -> None:
        agent, values = cast(Agent, request.user), form.written()
        # The form has written its values into it; the verbs compare with what is stored.
        obj.refresh_from_db()
        with told_by_django():
            if "name" in values:
                obj.rename(agent, values["name"])
            if "client" in values:
                obj.belong_to(agent, values["client"])
