"""The client card."""

from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.rights import Can
from api.rest import versions
from api.rest.lookup import agent_of
from api.rest.schema import route
from api.rest.serializers import ClientSerializer
from api.rest.validation import Search, validated_body, validated_query
from clients.models import Client, ClientQuerySet, ClientStatus, SalesStage


class ClientsQuery(Search):
    status = serializers.ChoiceField(choices=ClientStatus.choices, required=False)
    salesStage = serializers.ChoiceField(SalesStage.choices, source="sales_stage", required=False)


class Clients(APIView):
    @route("clients", ClientSerializer(many=True), can=(Can.SEE_CLIENT,), parameters=[ClientsQuery])
    def get(self, request: Request) -> Response:
        """Clientes, por nome"""
        wanted = validated_query(ClientsQuery, request)
        found, start = _chosen(_visible(request), wanted), wanted["offset"]
        rows = found.order_by("name", "pk")[start : start + wanted["limit"]]
        return Response(ClientSerializer(rows, many=True).data)

    @route(
        "createClient",
        ClientSerializer(),
        can=(Can.CREATE_CLIENT,),
        status=201,
        request=ClientSerializer,
        parameters=[versions.ETAG],
    )
    def post(self, request: Request) -> Response:
        """Cadastrar um cliente"""
        values = validated_body(ClientSerializer, request)
        return _shown(Client.objects.create_by(agent_of(request), values), status=201)


class OneClient(APIView):
    @route("client", ClientSerializer(), can=(Can.SEE_CLIENT,), parameters=[versions.ETAG])
    def get(self, request: Request, id: int) -> Response:
        """Um cliente

        O ETag diz a versão: devolva-o em If-Match ao mudar o cadastro.
        """
        return _shown(_one(_visible(request), id))

    @route(
        "editClient",
        ClientSerializer(),
        412,
        can=(Can.EDIT_CLIENT,),
        request=ClientSerializer(partial=True),
        parameters=[versions.IF_MATCH, versions.ETAG],
    )
    def patch(self, request: Request, id: int) -> Response:
        """Mudar campos de um cliente

        Só os campos enviados mudam.
        """
        with transaction.atomic():
            # Held, so that nobody edits between the look at its version and the writing.
            client = _one(_visible(request), id).hold()
            values = validated_body(ClientSerializer, request, partial=True)
            versions.check(request, client)
            client.edit(agent_of(request), values)
        return _shown(client)


def _visible(request: Request) -> ClientQuerySet:
    return Client.objects.visible_to(agent_of(request)).prefetch_related("phones")


def _one(found: ClientQuerySet, pk: int) -> Client:
    client = found.filter(pk=pk).first()
    if client is None:
        raise NotFound("Cliente não encontrado.")
    return client


def _chosen(found: ClientQuerySet, wanted: dict[str, Any]) -> ClientQuerySet:
    asked = {name: wanted[name] for name in ("status", "sales_stage") if name in wanted}
    return found.filter(**asked).search(wanted.get("q", ""))


def _shown(client: Client, status: int = 200) -> Response:
    headers = {"ETag": versions.tag(client)}
    return Response(ClientSerializer(client).data, status=status, headers=headers)
