"""The client card: registering a contact, editing, and the stages of a sale."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from atendimento.forms import ClientForm
from atendimento.views.chat import around, find
from clients.models import SalesStage
from whatsapp import live


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, and what becomes of it: saved and shown, or back with its errors and its text."""
    conversation = find(request, pk)
    contact = conversation.contact
    form = ClientForm(request.POST or None, instance=contact.client)
    shown = around(request, conversation) | {"form": form}
    if request.method == "GET" or not form.is_valid():
        status = 200 if request.method == "GET" else 422
        return render(request, "atendimento/_client_form.html", shown, status=status)
    with transaction.atomic():
        client = form.save()
        if contact.client_id is None:
            contact.belong_to(client)
        live.client_changed(client)
        live.conversation_changed(conversation)
    return render(request, "atendimento/_client_card.html", around(request, find(request, pk)))


@login_required
@require_POST
def stage(request: HttpRequest, pk: int) -> HttpResponse:
    conversation = find(request, pk)
    client = conversation.contact.client
    wanted = request.POST.get("etapa", "")
    if client is not None and wanted in SalesStage.values:
        with transaction.atomic():
            if client.move_to_stage(SalesStage(wanted)):
                live.client_changed(client)
    return render(request, "atendimento/_client_card.html", around(request, find(request, pk)))
