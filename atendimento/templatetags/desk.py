"""The filters and tags of the desk's templates (the words and shapes are the design's)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.models import Agent
from atendimento import marks, thread, times
from atendimento.look import ListQuery
from whatsapp.models import (
    AttendanceEvent,
    Delivery,
    Direction,
    Kind,
    Message,
    Origin,
    step_words,
)

register = template.Library()

# Every Delivery but `received`, which has no tick. A message in any other state cannot be shown,
# and its frame fails alone (see `live.frames`).
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

for made_elsewhere in (
    marks.whatsapp_marks,
    thread.sender,
    times.list_time,
    times.day_title,
    times.waiting,
    times.lateness,
    times.waits_since,
    times.sort_key,
):
    register.filter(made_elsewhere)


@register.simple_tag
def look_link(look: ListQuery, **changes: Any) -> str:
    """The address of the same list with something about it changed."""
    return replace(look, after=None, **changes).link()


@register.filter
def kind_icon(message: Message) -> str:
    """The icon before a preview that is not text, or ""."""
    return _KINDS.get(message.kind, "")


@register.filter
def content_template(message: Message) -> str:
    """The template of what the bubble holds; a kind without one is shown as unknown."""
    # A row may come from a newer version: an older process shows it, if only as unknown.
    kind = message.kind if message.kind in Kind.values else Kind.UNKNOWN
    return f"atendimento/content/{kind}.html"


@register.filter
def delivery_class(message: Message) -> str:
    """The class of a bubble that is not simply sent: is-queued, is-failed, is-discarded, or ""."""
    return _STATES.get(message.delivery, "")


@register.filter
def step_icon(event: AttendanceEvent) -> str:
    """The icon of a line about the attendance."""
    return step_words.icon(event)


@register.filter
def step_sentence(event: AttendanceEvent) -> SafeString:
    """What happened, with the names in it set off; they are escaped, the words are ours."""
    # Safe, for `sentence` puts each name through the function that is handed in.
    return mark_safe(step_words.sentence(event, partial(format_html, "<strong>{}</strong>")))


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
    # Never saved: it has only what the template asks for.
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
    # `views.chat.write` has put the agent's id before it.
    return (message.idempotency_key or "").partition(":")[2]


@register.filter
def next_stage(stages: list[dict[str, object]]) -> dict[str, object] | None:
    """The step after the current one, or None at the end."""
    after = [n for n, stage in enumerate(stages, 1) if stage["current"]]
    return stages[after[0]] if after and after[0] < len(stages) else None


@register.filter
def tone(pk: int) -> int:
    # One of the six colours of an avatar (`data-tone`).
    return pk % 6 + 1
