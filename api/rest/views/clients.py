"""The client card."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.rights import NotAllowed
from api.rest.lookup import agent_of
from api.rest.paging import LARGEST_ID, Page
from api.rest.schema import answers, data
from api.rest.serializers import ClientSerializer
from api.rest.validation import asked
from clients.models import Client, ClientStatus, SalesStage

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
        rows = _chosen(request, wanted)[start : start + wanted["limit"]]
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
        data = ClientSerializer(_saved(request, form)).data
        return Response({"success": True, "data": data}, status=201)


class OneClient(APIView):
    @extend_schema(
        operation_id="client",
        summary="Um cliente",
        description="Permissão: todos os atendentes.",
        parameters=[ID],
        responses=answers({200: data(ClientSerializer, "Client")}),
    )
    def get(self, request: Request, id: int) -> Response:
        return Response({"success": True, "data": ClientSerializer(_one(request, id)).data})

    @extend_schema(
        operation_id="editClient",
        summary="Mudar campos de um cliente",
        description="Só os campos enviados mudam. Permissão: todos os atendentes.",
        parameters=[ID],
        request=ClientSerializer(partial=True),
        responses=answers({200: data(ClientSerializer, "EditClient")}, 400, 413, 415),
    )
    def patch(self, request: Request, id: int) -> Response:
        form = ClientSerializer(_one(request, id), data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        return Response({"success": True, "data": ClientSerializer(_saved(request, form)).data})


def _one(request: Request, pk: int) -> Client:
    if pk > LARGEST_ID:
        raise NotFound("Cliente não encontrado.")
    visible = Client.objects.visible_to(agent_of(request)).prefetch_related("phones")
    found: Client = get_object_or_404(visible, pk=pk)
    return found


def _chosen(request: Request, wanted: dict[str, Any]) -> QuerySet[Client]:
    visible = Client.objects.visible_to(agent_of(request))
    found = visible.prefetch_related("phones").order_by("name", "pk")
    if "status" in wanted:
        found = found.filter(status=wanted["status"])
    if "salesStage" in wanted:
        found = found.filter(sales_stage=wanted["salesStage"])
    return found.search(wanted.get("q", ""))


def _saved(request: Request, form: ClientSerializer) -> Client:
    try:
        if form.instance is None:
            return Client.objects.create_by(agent_of(request), form.validated_data)
        client: Client = form.instance
        client.edit(agent_of(request), form.validated_data)
    except ValidationError as error:
        raise serializers.ValidationError(error.message_dict) from error
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from error
    return client
