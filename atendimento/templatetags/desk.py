"""How the desk writes times, ticks and texts (the words and shapes are the design's)."""

from __future__ import annotations

import re
from datetime import datetime

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from whatsapp.models import Conversation, Message, Status

register = template.Library()

_URL = re.compile(r"https?://[^\s<>\"']{3,500}")
_MARKS = (
    (re.compile(r"```(.+?)```", re.S), r"<code>\1</code>"),
    (re.compile(r"(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])"), r"<strong>\1</strong>"),
    (re.compile(r"(?<![\w_])_(\S(?:[^_\n]*\S)?)_(?![\w_])"), r"<em>\1</em>"),
    (re.compile(r"(?<![\w~])~(\S(?:[^~\n]*\S)?)~(?![\w~])"), r"<s>\1</s>"),
)

_TICKS = {
    "queued": ("fila", "clock", "Na fila"),
    "sending": ("fila", "clock", "Enviando"),
    "sent": ("enviado", "check", "Enviado"),
    "delivered": ("entregue", "check-2", "Entregue"),
    "read": ("lido", "check-2", "Lido"),
    "played": ("lido", "check-2", "Ouvido"),
    "failed": ("falhou", "alert", "Falhou"),
    "uncertain": ("falhou", "help", "Incerta"),
    "discarded": ("falhou", "x", "Descartada"),
}


@register.filter
def whatsapp_marks(text: str) -> SafeString:
    """Escape *text*, then show WhatsApp's marks and make http links; nothing else becomes HTML."""
    links: list[str] = []

    def keep(match: re.Match[str]) -> str:
        links.append(match[0])
        return f"\x00{len(links) - 1}\x00"

    html = str(conditional_escape(_URL.sub(keep, text)))
    for pattern, replacement in _MARKS:
        html = pattern.sub(replacement, html)
    return mark_safe(re.sub(r"\x00(\d+)\x00", lambda m: _link(links[int(m[1])]), html))


def _link(url: str) -> str:
    shown = conditional_escape(url)
    return f'<a href="{shown}" target="_blank" rel="noopener noreferrer nofollow">{shown}</a>'


@register.filter
def list_time(at: datetime) -> str:
    """``10:42``, ``Ontem``, a weekday within 7 days, ``19/11``, then ``19/11/25``."""
    local, today = timezone.localtime(at), timezone.localdate()
    days = (today - local.date()).days
    if days <= 0:
        return local.strftime("%H:%M")
    if days == 1:
        return "Ontem"
    if days < 7:
        return date_format(local, "l").split("-")[0].capitalize()
    return local.strftime("%d/%m" if local.year == today.year else "%d/%m/%y")


@register.filter
def day_title(day: datetime) -> str:
    """``Hoje``, ``Ontem``, or ``Sexta-feira, 20 de novembro``."""
    days = (timezone.localdate() - timezone.localtime(day).date()).days
    if days in (0, 1):
        return ("Hoje", "Ontem")[days]
    return date_format(timezone.localtime(day), r"l, j \d\e F").capitalize()


@register.filter
def waiting(conversation: Conversation) -> str:
    """How long a pending conversation has waited: ``agora``, ``4 min``, ``1 h 20 min``."""
    minutes = int(_waited(conversation) // 60)
    if minutes < 1:
        return "agora"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


@register.filter
def lateness(conversation: Conversation) -> str:
    """The class of a waiting time: "", is-warn or is-danger."""
    if conversation.status != Status.PENDING:
        return ""
    waited = _waited(conversation)
    if waited >= settings.WAIT_LATE_SECONDS:
        return "is-danger"
    return "is-warn" if waited >= settings.WAIT_WARN_SECONDS else ""


def _waited(conversation: Conversation) -> float:
    since = conversation.waiting_since or conversation.last_message_at
    return (timezone.now() - since).total_seconds()


@register.inclusion_tag("atendimento/_tick.html")
def tick(message: Message, size: str = "sm") -> dict[str, str]:
    name, icon, label = _TICKS[message.delivery]
    return {"name": name, "icon": icon, "label": label, "size": size}


@register.filter
def browser_key(message: Message) -> str:
    """The id that the writer's browser gave, without the agent's prefix."""
    return (message.idempotency_key or "").partition(":")[2]


@register.filter
def tone(pk: int) -> int:
    return pk % 6 + 1
