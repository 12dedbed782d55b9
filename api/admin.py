from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from api.models import Webhook, WebhookDelivery
from whatsapp.admin import ReadOnlyAdmin

# Their pages show whole tokens, each good for seven days.
admin.site.unregister([OutstandingToken, BlacklistedToken])


@admin.register(Webhook)
class WebhookAdmin(admin.ModelAdmin):
    list_display = ["name", "url", "session", "active", "silences", "rests_until", "created_at"]
    list_select_related = ["session"]
    # An address without a scheme is meant to be https (Django's own default from 6.0 on).
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    fields = ["name", "url", "session", "types", "active"]

    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: bool) -> None:
        if change:
            # Only what was typed: the deliverer may have moved the cursor since the page was read.
            obj.save(update_fields=form.changed_data)
            # Somebody looked after it: tried at once, however long it was to rest.
            obj.release()
        else:
            super().save_model(request, obj, form, change)
            # Shown this once: no page and no route tells it afterwards.
            text = f"Guarde o segredo, ele não aparece de novo: {obj.secret}"
            self.message_user(request, text, messages.WARNING)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = ["id", "webhook", "type", "state", "attempts", "status", "error", "next_at"]
    list_filter = ["state", "webhook"]
    list_select_related = ["webhook"]
    actions = ["send_again"]

    @admin.action(description="Enviar de novo", permissions=["view"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[WebhookDelivery]) -> None:
        for delivery in chosen.select_related("webhook"):
            delivery.again()
        self.message_user(request, f"{len(chosen)} entregas voltaram para a fila.")
