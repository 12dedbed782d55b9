"""The client card."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.rest.envelope import Invalid
from api.rest.paging import LARGEST_ID, Page
from api.rest.schema import answers, data
from api.rest.serializers import ClientSerializer
from api.rest.validation import asked
from clients import cnpj, phone
from clients.models import Client, ClientStatus, SalesStage
from live import announce

ID = OpenApiParameter("id", int, "path", description="Id do cliente.")


class ClientsQuery(Page):
    q = serializers.CharField(
        required=False, max_length=80, allow_blank=True, help_text="Nome, CNPJ ou telefone."
    )
    status = serializers.ChoiceField(choices=ClientStatus.choices, required=False)
    salesStage = serializers.ChoiceField(choices=SalesStage.choices, required=False)


class Clients(APIView):
    @extend_schema(
        operation_id="clients",
        summary="Clientes, por nome",
        description="Permissão: todos os atendentes.",
        parameters=[ClientsQuery],
        responses=answers({200: data(ClientSerializer, "Clients", many=True)}, 400),
    )
    def get(self, request: Request) -> Response:
        wanted = asked(ClientsQuery, request)
        start = wanted["offset"]
        rows = _chosen(wanted)[start : start + wanted["limit"]]
        return Response({"success": True, "data": ClientSerializer(rows, many=True).data})

    @extend_schema(
        operation_id="createClient",
        summary="Cadastrar um cliente",
        description="Permissão: todos os atendentes.",
        request=ClientSerializer,
        responses=answers({201: data(ClientSerializer, "CreateClient")}, 400, 413, 415),
    )
    def post(self, request: Request) -> Response:
        form = ClientSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return Response({"success": True, "data": ClientSerializer(_saved(form)).data}, status=201)


class OneClient(APIView):
    @extend_schema(
        operation_id="client",
        summary="Um cliente",
        description="Permissão: todos os atendentes.",
        parameters=[ID],
        responses=answers({200: data(ClientSerializer, "Client")}),
    )
    def get(self, request: Request, id: int) -> Response:
        return Response({"success": True, "data": ClientSerializer(_one(id)).data})

    @extend_schema(
        operation_id="editClient",
        summary="Mudar campos de um cliente",
        description="Só os campos enviados mudam. Permissão: todos os atendentes.",
        parameters=[ID],
        request=ClientSerializer(partial=True),
        responses=answers({200: data(ClientSerializer, "EditClient")}, 400, 413, 415),
    )
    def patch(self, request: Request, id: int) -> Response:
        form = ClientSerializer(_one(id), data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        return Response({"success": True, "data": ClientSerializer(_saved(form)).data})


def _one(pk: int) -> Client:
    if pk > LARGEST_ID:
        raise NotFound("Cliente não encontrado.")
    found: Client = get_object_or_404(Client.objects.prefetch_related("phones"), pk=pk)
    return found


def _chosen(wanted: dict[str, Any]) -> QuerySet[Client]:
    found = Client.objects.prefetch_related("phones").order_by("name", "pk")
    if "status" in wanted:
        found = found.filter(status=wanted["status"])
    if "salesStage" in wanted:
        found = found.filter(sales_stage=wanted["salesStage"])
    words = wanted.get("q", "").strip()
    return found.filter(_matching(words)).distinct() if words else found


def _matching(words: str) -> Q:
    found = Q(name__icontains=words)
    if len(digits := phone.digits(words)) >= 4:
        found |= Q(phones__number__contains=digits)
    if len(code := cnpj.normalise(words)) >= 4:
        found |= Q(cnpj__contains=code)
    return found


def _saved(form: ClientSerializer) -> Client:
    """The stage moves by its verb, which keeps the date; everybody's card is repainted."""
    stage = form.validated_data.pop("sales_stage", None)
    try:
        with transaction.atomic():
            client: Client = form.save()
            if stage:
                client.move_to_stage(SalesStage(stage))
            announce.client_changed(client.pk)
    except IntegrityError as error:
        raise Invalid("cnpj", "Já existe um cliente com este CNPJ.") from error
    return client
