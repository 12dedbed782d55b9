"""The client card: registering a contact, changing one fact at a time, the stages of a sale."""

from __future__ import annotations

from typing import cast

from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit
from accounts.access import for_agents
from accounts.models import Agent
from atendimento import client_card
from atendimento.forms import ClientForm
from atendimento.forms.client import LinkForm, StageForm
from atendimento.views.chat import around, find
from clients.models import Client, SalesStage
from live import announce
from whatsapp.models import Conversation

TAKEN = "Já existe um cliente com este CNPJ."


@for_agents
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Register the contact as a client, or tie it to the one that already has this CNPJ."""
    conversation = find(request, pk)
    if conversation.contact.client:
        return _card(request, conversation)
    start = {"name": conversation.contact.person_name}
    form = ClientForm(request.POST or None, initial=start, only=("name", "cnpj"))
    if request.method == "GET":
        return _form(request, conversation, form)
    namesake = form.namesake()
    if namesake and LinkForm(request.POST).chosen() == namesake.pk:
        return _register(request, conversation, namesake)
    if namesake or not form.is_valid():
        return _form(request, conversation, form, namesake)
    try:
        with transaction.atomic():
            client = form.save()
    except IntegrityError:
        return _form(request, conversation, form, form.namesake())
    return _register(request, conversation, client)


@for_agents
@require_http_methods(["GET", "POST"])
def fact(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One row of the card: shown, being edited, saved, or back with its error and its text."""
    conversation = find(request, pk)
    client = conversation.contact.client
    if client is None or name not in client_card.FIELDS:
        raise Http404
    shown: dict[str, object] = {"conversation": conversation, "client": client}
    if request.method == "GET":
        if "editar" in request.GET:
            form = ClientForm(instance=client, only=(name,))
            return render(request, "atendimento/_fact_form.html", shown | {"form": form})
        return _fact(request, shown, client, name)
    form = ClientForm(request.POST, instance=client, only=(name,))
    if form.is_valid() and _saved(form, cast(Agent, request.user)):
        return _fact(request, shown, client, name)
    return render(request, "atendimento/_fact_form.html", shown | {"form": form}, status=422)


@for_agents
@require_POST
def stage(request: HttpRequest, pk: int) -> HttpResponse:
    conversation = find(request, pk)
    client = conversation.contact.client
    form = StageForm(request.POST)
    if client is not None and form.is_valid():
        with transaction.atomic():
            if client.move_to_stage(SalesStage(form.cleaned_data["etapa"])):
                announce.client_changed(client.pk)
    return _card(request, conversation)


def _register(request: HttpRequest, conversation: Conversation, client: Client) -> HttpResponse:
    with transaction.atomic():
        conversation.contact.belong_to(client)
        announce.client_changed(client.pk)
        conversation.announce_changed()
    return _card(request, conversation)


def _saved(form: ClientForm, by: Agent) -> bool:
    """Save; False when somebody took the CNPJ between the check and the writing."""
    try:
        with transaction.atomic():
            client = form.save_only()
            for name in form.changed_data:
                old, new = form.initial[name], form.cleaned_data[name]
                audit.record(by, f"client.{name}", client, old=old, new=new, client_id=client.pk)
            announce.client_changed(client.pk)
    except IntegrityError:
        form.add_error(None, TAKEN)
        return False
    return True


def _card(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    fresh = find(request, conversation.pk)
    return render(request, "atendimento/_client_card.html", around(request, fresh))


def _form(
    request: HttpRequest,
    conversation: Conversation,
    form: ClientForm,
    namesake: Client | None = None,
) -> HttpResponse:
    shown = around(request, conversation) | {"form": form, "namesake": namesake}
    status = 200 if request.method == "GET" else 422
    return render(request, "atendimento/_client_form.html", shown, status=status)


def _fact(
    request: HttpRequest, shown: dict[str, object], client: Client, name: str
) -> HttpResponse:
    if name in client_card.FLAGS:
        return render(request, "atendimento/_flags.html", shown)
    return render(
        request, "atendimento/_fact.html", shown | {"fact": client_card.fact(client, name)}
    )
