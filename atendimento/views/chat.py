"""The chat pane: what is said, and the verbs of an attendance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.access import for_agents
from accounts.models import Agent
from accounts.rights import NotAllowed
from atendimento import thread
from atendimento.context import chat_context, get_conversation, header_context
from atendimento.forms import ClaimForm, FinishForm, TransferForm
from atendimento.forms.thread import OlderForm, TypingForm, WriteForm
from atendimento.views.notice import error_notice
from live import announce
from whatsapp.models import AlreadyClaimed, Conversation, Message, Outcome


def _conversation(request: HttpRequest, pk: int) -> Conversation:
    return get_conversation(cast(Agent, request.user), pk)


@for_agents
@require_GET
def state(request: HttpRequest, pk: int) -> HttpResponse:
    """Header, composer and card for this agent, as out-of-band swaps."""
    shown = header_context(cast(Agent, request.user), _conversation(request, pk))
    return render(request, "atendimento/live/chat_state.html", shown)


@for_agents
@require_GET
def older(request: HttpRequest, pk: int) -> HttpResponse:
    conversation = _conversation(request, pk)
    form = OlderForm(request.GET)
    if not form.is_valid():
        raise Http404
    message = get_object_or_404(conversation.messages, pk=form.cleaned_data["antes"])
    agent = cast(Agent, request.user)
    conversation.note_reading(agent)
    days, more = thread.days(conversation, agent, before=message)
    shown = {"days": days, "more": more, "conversation": conversation}
    return render(request, "atendimento/_days.html", shown)


@for_agents
@require_POST
def write(request: HttpRequest, pk: int) -> HttpResponse:
    """Queue a message under the browser's own id, so that sending twice is sending once."""
    conversation, agent = _conversation(request, pk), cast(Agent, request.user)
    form = WriteForm(request.POST)
    if not form.is_valid():
        return error_notice(request, "Recarregue a página e tente de novo.", 400)
    key, text = form.cleaned_data["chave"], form.cleaned_data["texto"]
    try:
        # The agent's id before the browser's, so that no one repeats (and reads) another's message.
        message = conversation.write(agent, text, f"{agent.pk}:{key}")
    except NotAllowed as error:
        return error_notice(request, str(error), 422)
    return render(
        request, "atendimento/_message.html", {"message": message, "mine": True, "first": True}
    )


@for_agents
@require_POST
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    conversation, agent = _conversation(request, pk), cast(Agent, request.user)
    form = ClaimForm(request.POST)
    if not form.is_valid():
        return error_notice(request, "Recarregue a página e tente de novo.", 422)
    instead = form.holder()
    return _act_and_repaint(request, conversation, lambda: conversation.claim(agent, instead), "")


@for_agents
@require_POST
def claim_next(request: HttpRequest) -> HttpResponse:
    """Whoever has waited longest, opened and ready to be answered."""
    cursor, agent = announce.cursor(), cast(Agent, request.user)
    # Of many who ask at once each gets another, or none: the verb skips rows that are held.
    taken = Conversation.claim_next(agent)
    if taken is None:
        return error_notice(request, "Não há mais ninguém na fila.", 409)
    shown = chat_context(agent, _conversation(request, taken.pk)) | {"cursor": cursor}
    answer = render(request, "atendimento/_panes.html", shown)
    answer["HX-Push-Url"] = reverse("conversation", args=[taken.pk])
    return answer


@for_agents
@require_POST
def transfer(request: HttpRequest, pk: int) -> HttpResponse:
    conversation, agent = _conversation(request, pk), cast(Agent, request.user)
    form = TransferForm(request.POST, number=conversation.session_id)
    if not form.is_valid():
        return error_notice(request, str(form.errors["para"][0]), 422)
    to = form.target()
    done = f"Conversa transferida para {to or 'a fila'}."
    return _act_and_repaint(request, conversation, lambda: conversation.transfer(agent, to), done)


@for_agents
@require_POST
def finish(request: HttpRequest, pk: int) -> HttpResponse:
    conversation, agent = _conversation(request, pk), cast(Agent, request.user)
    form = FinishForm(request.POST)
    if not form.is_valid():
        return error_notice(request, "Escolha o motivo antes de finalizar.", 422)
    outcome = Outcome(form.cleaned_data["motivo"])
    done = "Atendimento finalizado."
    return _act_and_repaint(
        request, conversation, lambda: conversation.finish(agent, outcome), done
    )


@for_agents
@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    conversation, agent = _conversation(request, pk), cast(Agent, request.user)
    return _act_and_repaint(request, conversation, lambda: conversation.reopen(agent), "")


@for_agents
@require_POST
def read(request: HttpRequest, pk: int) -> HttpResponse:
    conversation, agent = _conversation(request, pk), cast(Agent, request.user)
    return _act_silently(request, lambda: conversation.mark_read(agent))


@for_agents
@require_POST
def unread(request: HttpRequest, pk: int) -> HttpResponse:
    conversation, agent = _conversation(request, pk), cast(Agent, request.user)
    return _act_silently(request, lambda: conversation.mark_unread(agent))


@for_agents
@require_POST
def typing(request: HttpRequest, pk: int) -> HttpResponse:
    conversation, agent = _conversation(request, pk), cast(Agent, request.user)
    state = TypingForm(request.POST).state()
    return _act_silently(request, lambda: conversation.typing(agent, state))


@for_agents
@require_POST
def resend(request: HttpRequest, pk: int) -> HttpResponse:
    return _act_on_message(request, pk, Message.resend)


@for_agents
@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    return _act_on_message(request, pk, Message.discard)


def _act_on_message(
    request: HttpRequest, pk: int, verb: Callable[[Message, Agent], bool]
) -> HttpResponse:
    agent = cast(Agent, request.user)
    visible = Message.objects.visible_to(agent).select_related("conversation")
    message = get_object_or_404(visible, pk=pk)
    return _act_silently(request, lambda: verb(message, agent))


def _act_silently(request: HttpRequest, verb: Callable[[], object]) -> HttpResponse:
    """Do it and answer nothing: the socket tells what became of it, and an answer could come after
    that and be older. A refusal is said in words."""
    try:
        verb()
    except NotAllowed as error:
        return error_notice(request, str(error), 409)
    return HttpResponse(status=204)


def _act_and_repaint(
    request: HttpRequest, conversation: Conversation, verb: Callable[[], None], done: str
) -> HttpResponse:
    """Do it and repaint the pane; who was too late is told who was faster, and sees the truth."""
    status, notice = 200, done
    try:
        verb()
    except (AlreadyClaimed, NotAllowed) as error:
        # Repainted all the same: whoever was refused had an old page before him.
        status, notice = 409, str(error)
    shown: dict[str, Any] = {"notice": notice, "kind": "aviso", "cursor": announce.cursor()}
    fresh, agent = _conversation(request, conversation.pk), cast(Agent, request.user)
    if request.headers.get("HX-Target") == "chat":
        shown |= chat_context(agent, fresh)
        return render(request, "atendimento/_panes.html", shown, status=status)
    shown |= header_context(agent, fresh)
    return render(request, "atendimento/live/chat_state.html", shown, status=status)
