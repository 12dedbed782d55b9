"""The client card: registering a contact, changing one fact at a time, the stages of a sale."""

from __future__ import annotations

from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import for_agents
from accounts.models import Agent
from accounts.rights import NotAllowed, Scope
from atendimento import client_card
from atendimento.context import get_conversation, header_context
from atendimento.forms import ClientForm
from atendimento.forms.client import LinkForm, StageForm
from atendimento.views.notice import error_notice
from clients import cnpj
from clients.models import Client, EditConflict, SalesStage
from clients.models.conflict import as_seen
from whatsapp.models import Conversation

HIDDEN = f"{cnpj.TAKEN} Peça à supervisão para vincular este contato a ele."


@for_agents
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Register the contact as a client, or tie it to the one that already has this CNPJ."""
    conversation = get_conversation(cast(Agent, request.user), pk)
    tied = conversation.contact.client
    if "cancelar" in request.GET or (tied and request.method == "GET"):
        return _card(request, conversation)
    start = {"name": conversation.contact.person_name}
    form = ClientForm(request.POST or None, initial=start, only=("name", "cnpj"))
    if request.method == "GET":
        return _form(request, conversation, form)
    namesake = form.namesake()
    # What was wanted is so already: a second click, or a colleague with the same CNPJ.
    if tied and tied == namesake:
        return _card(request, conversation)
    # The CNPJ is unique over all numbers, so that it is taken must be said; whose it is must not.
    if namesake and namesake.distance_to(cast(Agent, request.user)) == Scope.ALL:
        form.add_error("cnpj", HIDDEN)
        return _form(request, conversation, form)
    # Tied to the one that the page showed: between the two requests it may have become another.
    chosen = namesake and LinkForm(request.POST).chosen() == namesake.pk
    if not chosen and (namesake or not form.is_valid()):
        return _form(request, conversation, form, namesake)
    return _registered(request, conversation, form, namesake)


def _registered(
    request: HttpRequest, conversation: Conversation, form: ClientForm, namesake: Client | None
) -> HttpResponse:
    agent = cast(Agent, request.user)
    try:
        with transaction.atomic():
            # Together: when the contact is refused, no client is left over.
            client = namesake or Client.objects.create_by(agent, form.cleaned_data)
            conversation.contact.belong_to(agent, client, first=True)
    except ValidationError as error:
        form.add_error(None, error)
        return _form(request, conversation, form, form.namesake())
    except NotAllowed as error:
        return error_notice(request, str(error), 409)
    return _card(request, conversation)


@for_agents
@require_http_methods(["GET", "POST"])
def fact(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One row of the card: shown, being edited, saved, or back with its error and its text."""
    conversation = get_conversation(cast(Agent, request.user), pk)
    client = conversation.contact.client
    if client is None or name not in client_card.FIELDS:
        raise Http404
    if request.method == "GET":
        if "editar" in request.GET:
            form = ClientForm(instance=client, only=(name,))
            return _fact_form(request, conversation, client, form)
        return _fact(request, conversation, client, name)
    return _edited(request, conversation, client, name)


def _edited(
    request: HttpRequest, conversation: Conversation, client: Client, name: str
) -> HttpResponse:
    """Save the one field, unless somebody changed it since the row was opened (`visto`)."""
    form = ClientForm(request.POST, instance=client, only=(name,))
    seen = {name: request.POST["visto"]} if "visto" in request.POST else None
    if not form.is_valid():
        return _fact_form(request, conversation, client, form, status=422)
    try:
        client.edit(cast(Agent, request.user), form.cleaned_data, seen)
    except ValidationError as error:
        form.add_error(None, error)
        return _fact_form(request, conversation, client, form, status=422)
    except EditConflict as conflict:
        # Validating the form has put the refused value into the object.
        client.refresh_from_db()
        if name in client_card.FLAGS:
            return _fact(request, conversation, client, name, conflict)
        return _fact_form(request, conversation, client, form, conflict, status=409)
    except NotAllowed as error:
        return error_notice(request, str(error), 409)
    return _fact(request, conversation, client, name)


@for_agents
@require_POST
def stage(request: HttpRequest, pk: int) -> HttpResponse:
    conversation = get_conversation(cast(Agent, request.user), pk)
    client = conversation.contact.client
    form = StageForm(request.POST)
    if client is not None and form.is_valid():
        wanted = SalesStage(form.cleaned_data["etapa"])
        try:
            client.move_to_stage(cast(Agent, request.user), wanted, request.POST.get("visto"))
        except EditConflict as conflict:
            return _card(request, conversation, conflict)
        except NotAllowed as error:
            return error_notice(request, str(error), 409)
    return _card(request, conversation)


def _card(
    request: HttpRequest, conversation: Conversation, conflict: EditConflict | None = None
) -> HttpResponse:
    agent = cast(Agent, request.user)
    # Read again: the verb wrote, and the object at hand still shows what was.
    fresh = get_conversation(agent, conversation.pk)
    shown = header_context(agent, fresh) | {"conflict": conflict}
    status = 409 if conflict else 200
    return render(request, "atendimento/_client_card.html", shown, status=status)


def _form(
    request: HttpRequest,
    conversation: Conversation,
    form: ClientForm,
    namesake: Client | None = None,
) -> HttpResponse:
    shown = header_context(cast(Agent, request.user), conversation) | {
        "form": form,
        "namesake": namesake,
    }
    status = 200 if request.method == "GET" else 422
    return render(request, "atendimento/_client_form.html", shown, status=status)


def _fact(
    request: HttpRequest,
    conversation: Conversation,
    client: Client,
    name: str,
    conflict: EditConflict | None = None,
) -> HttpResponse:
    shown: dict[str, Any] = {"conversation": conversation, "client": client, "conflict": conflict}
    status = 409 if conflict else 200
    if name in client_card.FLAGS:
        return render(request, "atendimento/_flags.html", shown, status=status)
    shown["fact"] = client_card.fact(client, name)
    return render(request, "atendimento/_fact.html", shown, status=status)


def _fact_form(
    request: HttpRequest,
    conversation: Conversation,
    client: Client,
    form: ClientForm,
    conflict: EditConflict | None = None,
    status: int = 200,
) -> HttpResponse:
    """The row as a form. `seen` is what stands there by now, so that saving again after a conflict
    is done knowingly."""
    (name,) = form.fields
    seen = as_seen(conflict.current if conflict else form.initial[name])
    shown = {
        "conversation": conversation,
        "client": client,
        "form": form,
        "seen": seen if conflict else request.POST.get("visto", seen),
        "conflict": conflict,
    }
    return render(request, "atendimento/_fact_form.html", shown, status=status)
