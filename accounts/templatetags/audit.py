"""How the audit page writes an entry."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone

from accounts.audit_words import words_of
from accounts.models import AuditEntry, Door

register = template.Library()
register.filter("audit_words", words_of)


@register.filter
def audit_time(at: datetime) -> str:
    """``10:41:52`` of today, ``22/11 10:41:52`` of this year, else with the year."""
    local, today = timezone.localtime(at), timezone.localdate()
    if local.date() == today:
        return local.strftime("%H:%M:%S")
    return local.strftime("%d/%m %H:%M:%S" if local.year == today.year else "%d/%m/%y %H:%M:%S")


@register.filter
def audit_actor(entry: AuditEntry) -> str:
    """Who it was when no account stands behind it any more, or never did."""
    if entry.actor_name:
        return entry.actor_name
    doors = {Door.WIRE: "WhatsApp", Door.COMMAND: "Comando"}
    return doors.get(Door(entry.door), "Não identificado")


@register.filter
def audit_icon(entry: AuditEntry) -> str:
    return {Door.WIRE: "chat", Door.COMMAND: "bolt"}.get(Door(entry.door), "user")
