"""The page of three panes, and the parts of it that htmx asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.access import for_agents
from accounts.models import Agent
from atendimento.context import chat_context, get_conversation
from atendimento.look import PAGE, TABS, ListQuery, position
from atendimento.summary import numbers_down, queue_of
from live import announce
from whatsapp.models import Conversation, Session


@for_agents
@never_cache
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """The whole page, or the list alone when a tab, a filter or the search asks for it."""
    agent, cursor = cast(Agent, request.user), announce.cursor()
    look = ListQuery.of(request.GET)
    if _wants(request, "lista"):
        context = _frame(agent, look) | {"cursor": cursor}
        return _answer(request, "atendimento/_list_answer.html", context)
    context = _frame(agent, look) | {"cursor": cursor, "view": "lista"}
    # Only the page without a conversation greets with it.
    context["in_hand"] = Conversation.objects.active().mine(agent).count()
    return _answer(request, "atendimento/desk.html", context)


@for_agents
@never_cache
@require_GET
def conversation(request: HttpRequest, pk: int, view: str = "conversa") -> HttpResponse:
    """The whole page with a conversation open, or its two panes for the page that is there."""
    agent, cursor = cast(Agent, request.user), announce.cursor()
    found = get_conversation(agent, pk)
    if _wants(request, "chat"):
        context = chat_context(agent, found) | {"cursor": cursor}
        return _answer(request, "atendimento/_panes.html", context)
    # The tab of the conversation, unless the address names another.
    look = ListQuery.of({"aba": _tab_of(found), **request.GET.dict()})
    context = chat_context(agent, found) | _frame(agent, look)
    context |= {"cursor": cursor, "view": view}
    return _answer(request, "atendimento/desk.html", context)


@for_agents
@never_cache
@require_GET
def rows(request: HttpRequest) -> HttpResponse:
    """The next page of the list."""
    agent, look = cast(Agent, request.user), ListQuery.of(request.GET)
    return _answer(request, "atendimento/_rows.html", _rows(agent, look))


def _wants(request: HttpRequest, pane: str) -> bool:
    return request.headers.get("HX-Target") == pane


def _answer(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """One address has several answers, so no cache may give one for the other."""
    answer = render(request, template, context)
    patch_vary_headers(answer, ["HX-Request", "HX-Target"])
    return answer


def _tab_of(conversation: Conversation) -> str:
    return next(tab for tab, status in TABS.items() if status == conversation.status)


def _frame(agent: Agent, look: ListQuery) -> dict[str, Any]:
    visible = Conversation.objects.visible_to(agent)
    numbers = list(Session.objects.visible_to(agent))
    # A number that is hidden by now, in an old address or a page that is loaded anew, is passed
    # over: the socket sends whoever stays on it here (`frames.shows_hidden`).
    if look.session not in [number.pk for number in numbers]:
        look = replace(look, session=None)
    return (
        _rows(agent, look)
        | queue_of(visible)
        | {
            "numbers": numbers,
            "down": numbers_down(agent),
            "wait": {"warn": settings.WAIT_WARN_SECONDS, "late": settings.WAIT_LATE_SECONDS},
        }
    )


def _rows(agent: Agent, look: ListQuery) -> dict[str, Any]:
    page = look.page(agent)
    shown = page[:PAGE]
    more = len(page) > PAGE
    # After the last row that is shown, not the one that was read beyond it.
    following = replace(look, after=position(shown[-1])) if more else None
    return {"look": look, "conversations": shown, "next": following}
