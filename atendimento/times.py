"""Moments and waits in the words of the desk."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from atendimento.look import position
from whatsapp.models import Conversation, Status


def list_time(at: datetime) -> str:
    """``10:42``, ``Ontem``, a weekday within 7 days, ``19/11``, then ``19/11/25``."""
    local, today = timezone.localtime(at), timezone.localdate()
    days = (today - local.date()).days
    # Below zero: a moment ahead of our clock.
    if days <= 0:
        return local.strftime("%H:%M")
    if days == 1:
        return "Ontem"
    if days < 7:
        # "sexta-feira" is shown as "Sexta".
        return date_format(local, "l").split("-")[0].capitalize()
    return local.strftime("%d/%m" if local.year == today.year else "%d/%m/%y")


def day_title(day: datetime) -> str:
    """``Hoje``, ``Ontem``, or ``Sexta-feira, 20 de novembro``."""
    days = (timezone.localdate() - timezone.localtime(day).date()).days
    if days in (0, 1):
        return ("Hoje", "Ontem")[days]
    return date_format(timezone.localtime(day), r"l, j \d\e F").capitalize()


def waiting(conversation: Conversation) -> str:
    """How long its customer has waited, as `waited` writes it."""
    return waited(_waited(conversation))


def waited(seconds: float) -> str:
    """``agora``, ``4 min``, ``1 h``, ``1 h 20 min``.

    static/js/wait.js says the same while the page stands; a test compares the two.
    """
    hours, minutes = divmod(int(seconds // 60), 60)
    if hours < 0 or hours == minutes == 0:
        return "agora"
    return " ".join(part for part, n in ((f"{hours} h", hours), (f"{minutes} min", minutes)) if n)


def lateness(conversation: Conversation) -> str:
    """The class of a waiting time: "", is-warn or is-danger."""
    seconds = _waited(conversation)
    if seconds >= settings.WAIT_LATE_SECONDS:
        return "is-danger"
    return "is-warn" if seconds >= settings.WAIT_WARN_SECONDS else ""


def waits_since(conversation: Conversation) -> datetime | None:
    """Since when somebody waits for us: for an agent in the queue, for an answer in his hands."""
    if conversation.status == Status.PENDING:
        return position(conversation)[0]
    return conversation.waiting_since if conversation.status == Status.ACTIVE else None


def _waited(conversation: Conversation) -> float:
    # Finished ones wait for nobody.
    since = waits_since(conversation)
    return (timezone.now() - since).total_seconds() if since else 0.0


def sort_key(conversation: Conversation) -> str:
    """What the page sorts its rows by, greatest first: the longest wait, or the newest message.
    Only an order: nobody reads a time out of it."""
    # The same moments as `ListQuery.page` orders by, and so the order of the indexes.
    at = position(conversation)[0].timestamp()
    return f"{-at if conversation.status == Status.PENDING else at:.6f}"
