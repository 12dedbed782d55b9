"""The page of three panes, and the rows of its list."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from atendimento import panes
from atendimento.models import Agent
from atendimento.views import chat
from whatsapp.models import Change, Conversation, Session


@login_required
@require_GET
def desk(request: HttpRequest, pk: int | None = None, view: str = "") -> HttpResponse:
    """The whole page; htmx navigation inside it asks for the same address and takes its panes."""
    agent = cast(Agent, request.user)
    # Before any other query: what changes while the page is made is then replayed, not missed.
    cursor = Change.objects.aggregate(last=Max("pk"))["last"] or 0
    conversation = _find(agent, pk)
    look = panes.Look.of(request.GET)
    if conversation is not None and "aba" not in request.GET:
        look = panes.Look(tab=_tab_of(conversation))
    context = _frame(agent, look) | {
        "cursor": cursor,
        "view": view or ("conversa" if conversation else "lista"),
    }
    if conversation is not None:
        context |= chat.context(request, conversation)
    return render(request, "atendimento/desk.html", context)


@login_required
@require_GET
def rows(request: HttpRequest) -> HttpResponse:
    agent = cast(Agent, request.user)
    look = panes.Look.of(request.GET)
    return render(request, "atendimento/_rows.html", _rows(agent, look))


def _find(agent: Agent, pk: int | None) -> Conversation | None:
    if pk is None:
        return None
    return get_object_or_404(Conversation.objects.visible_to(agent).for_list(), pk=pk)


def _tab_of(conversation: Conversation) -> str:
    return next(tab for tab, status in panes.TABS.items() if status == conversation.status)


def _frame(agent: Agent, look: panes.Look) -> dict[str, Any]:
    visible = Conversation.objects.visible_to(agent)
    return _rows(agent, look) | {
        "counters": visible.counters(),
        "late": panes.late_ones(agent, settings.WAIT_WARN_SECONDS),
        "numbers": Session.objects.visible_to(agent),
        "down": panes.numbers_down(agent),
    }


def _rows(agent: Agent, look: panes.Look) -> dict[str, Any]:
    page = look.page(agent)
    more = len(page) > panes.PAGE
    shown = page[: panes.PAGE]
    return {
        "look": look,
        "conversations": shown,
        "next": panes.position(shown[-1]) if more else "",
    }
