from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from clients.models import Client
from live import announce
from whatsapp.admin.base import agent_of
from whatsapp.models import Contact


class ContactForm(forms.ModelForm):
    def clean_client(self) -> Client | None:
        """Tied once, a contact may go to another client, but not to none."""
        client: Client | None = self.cleaned_data["client"]
        if client is None and self.instance.client_id:
            raise forms.ValidationError("Escolha outro cliente; o vínculo não se desfaz aqui.")
        return client


@admin.register(Contact)
class ContactAdmin(admin.ModelAdmin):
    form = ContactForm
    list_display = ["display_name", "phone_masked", "client"]
    list_select_related = ["client"]
    search_fields = ["name", "push_name", "phone"]
    raw_id_fields = ["client"]
    fields = ["name", "client", "push_name", "business_name", "phone"]
    readonly_fields = ["push_name", "business_name", "phone"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Contact, form: Any, change: bool) -> None:
        """By the verb, and open pages are told, as from everywhere else."""
        if "name" in form.changed_data:
            obj.save(update_fields=["name"])
        if "client" in form.changed_data and obj.client:
            obj.belong_to(agent_of(request), obj.client)
            announce.client_changed(obj.client.pk)
        for conversation in obj.conversations.all():
            conversation.announce_changed()
