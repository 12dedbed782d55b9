"""How the desk writes times, ticks and texts (the words and shapes are the design's)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from accounts.models import Agent
from atendimento import panes
from whatsapp.models import Conversation, Delivery, Direction, Kind, Message, Origin, Status

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

_STATES: dict[str, str] = {
    Delivery.QUEUED: "is-queued",
    Delivery.SENDING: "is-queued",
    Delivery.FAILED: "is-failed",
    Delivery.UNCERTAIN: "is-failed",
    Delivery.DISCARDED: "is-discarded",
}

_KINDS: dict[str, str] = {
    Kind.IMAGE: "image",
    Kind.VIDEO: "play",
    Kind.AUDIO: "mic",
    Kind.VOICE: "mic",
    Kind.DOCUMENT: "file",
    Kind.STICKER: "smile",
    Kind.LOCATION: "pin",
    Kind.CONTACT: "user",
    Kind.POLL: "chart",
    Kind.UNKNOWN: "help",
    Kind.UNDECRYPTABLE: "clock",
}

_EVENTS = {
    "assumiu": "claim",
    "transferiu": "transfer",
    "finalizou": "check-circle",
    "abriu": "reopen",
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
    """How long a pending conversation has waited, as `waited` writes it."""
    return waited(_waited(conversation))


def waited(seconds: float) -> str:
    """``agora``, ``4 min``, ``1 h``, ``1 h 20 min``.

    static/js/wait.js says the same while the page stands; a test compares the two.
    """
    hours, minutes = divmod(int(seconds // 60), 60)
    if hours < 0 or hours == minutes == 0:
        return "agora"
    return " ".join(part for part, n in ((f"{hours} h", hours), (f"{minutes} min", minutes)) if n)


@register.filter
def waiting_since(conversation: Conversation) -> str:
    """Since when a pending conversation waits, in unix seconds."""
    return f"{panes.position(conversation)[0].timestamp():.0f}"


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
    return (timezone.now() - panes.position(conversation)[0]).total_seconds()


@register.filter
def sort_key(conversation: Conversation) -> str:
    """What the page sorts its rows by, greatest first: the longest wait, or the newest message.
    Only an order: nobody reads a time out of it."""
    at = panes.position(conversation)[0].timestamp()
    return f"{-at if conversation.status == Status.PENDING else at:.6f}"


@register.simple_tag
def look_link(look: panes.Look, **changes: Any) -> str:
    """The address of the same list with something about it changed."""
    return replace(look, after=None, **changes).link()


@register.filter
def kind_icon(message: Message) -> str:
    """The icon before a preview that is not text, or ""."""
    return _KINDS.get(message.kind, "")


@register.filter
def content_template(message: Message) -> str:
    """The template of what the bubble holds; a kind without one is shown as unknown."""
    kind = message.kind if message.kind in Kind.values else Kind.UNKNOWN
    return f"atendimento/content/{kind}.html"


@register.filter
def delivery_class(message: Message) -> str:
    """The class of a bubble that is not simply sent: is-queued, is-failed, is-discarded, or ""."""
    return _STATES.get(message.delivery, "")


@register.filter
def event_icon(message: Message) -> str:
    """The icon of a line about the attendance."""
    words = message.body.split()
    return next((icon for word, icon in _EVENTS.items() if word in words), "chat")


@register.filter
def quoted_name(message: Message) -> str:
    """Whose words *message* quotes, by name; `for_thread` brings all that is asked for here."""
    quoted = message.reply_to
    if quoted is None:
        return ""
    if quoted.direction == Direction.IN:
        contact = message.conversation.contact
        return contact.person_name or contact.display_name
    return str(quoted.author or "Nosso número")


@register.inclusion_tag("atendimento/_tick.html")
def tick(message: Message, size: str = "sm") -> dict[str, str]:
    name, icon, label = _TICKS[message.delivery]
    return {"name": name, "icon": icon, "label": label, "size": size}


@register.inclusion_tag("atendimento/_message.html")
def queued_bubble(agent: Agent) -> dict[str, object]:
    """An empty bubble of the agent's own, which the page copies for what is not yet answered."""
    message = Message(
        direction=Direction.OUT, origin=Origin.DESK, delivery=Delivery.QUEUED, author_id=agent.pk
    )
    return {"message": message, "mine": True, "first": True}


@register.filter
def offers_actions(message: Message) -> bool:
    """Whether something can be done about this bubble, or was; one without a row has no address."""
    told = message.can_resend or message.delivery in (Delivery.QUEUED, Delivery.DISCARDED)
    return told and message.pk is not None


@register.filter
def browser_key(message: Message) -> str:
    """The id that the writer's browser gave, without the agent's prefix."""
    return (message.idempotency_key or "").partition(":")[2]


@register.filter
def next_stage(stages: list[dict[str, object]]) -> dict[str, object] | None:
    """The step after the current one, or None at the end."""
    after = [n for n, stage in enumerate(stages, 1) if stage["current"]]
    return stages[after[0]] if after and after[0] < len(stages) else None


register.filter("sender", panes.sender)


@register.filter
def tone(pk: int) -> int:
    return pk % 6 + 1
