"""The shapes of the API, with the names of the system it was ordered to replace."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Agent
from api.rest.fields import Email, Flag, Key, Text
from api.rest.validation import Strict
from clients import cnpj
from clients.models import Client, CompanyType, SalesStage
from whatsapp.models import Delivery, Kind, Outcome, Session, Status
from whatsapp.models.writing import MAX_TEXT


class NumberState(serializers.Serializer[Any]):
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    sentence = serializers.CharField()
    nextStep = serializers.CharField()
    detail = serializers.CharField()
    since = serializers.DateTimeField()


class NumberSerializer(serializers.ModelSerializer[Session]):
    id = serializers.CharField(source="slug")
    phoneNumber = serializers.CharField(source="phone", allow_null=True)
    isConnected = serializers.BooleanField(source="online")
    state = serializers.SerializerMethodField()
    qr = serializers.SerializerMethodField()
    qrExpiresAt = serializers.DateTimeField(source="qr_expires_at", allow_null=True)
    queueLength = serializers.SerializerMethodField()

    class Meta:
        model = Session
        fields = [
            "id",
            "name",
            "phoneNumber",
            "isConnected",
            "state",
            "qr",
            "qrExpiresAt",
            "queueLength",
        ]

    @extend_schema_field(NumberState)
    def get_state(self, number: Session) -> dict[str, Any]:
        return {
            "code": number.shown_state,
            "label": number.shown_state.label,
            "sentence": number.words.sentence,
            "nextStep": number.words.next_step,
            "detail": number.state_detail,
            "since": serializers.DateTimeField().to_representation(number.state_since),
        }

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_qr(self, number: Session) -> str | None:
        return number.qr or None

    def get_queueLength(self, number: Session) -> int:
        return number.messages.waiting().count()


class PersonSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class ConversationSerializer(serializers.Serializer[Any]):
    """What `representations.conversation` makes, for the schema."""

    id = serializers.CharField()
    sessionId = serializers.CharField()
    phoneNumber = serializers.CharField()
    name = serializers.CharField()
    lastMessage = serializers.CharField(allow_null=True)
    lastMessageAt = serializers.DateTimeField()
    unreadCount = serializers.IntegerField()
    status = serializers.ChoiceField(choices=Status.choices)
    assignedTo = PersonSerializer(allow_null=True)
    clientId = serializers.IntegerField(allow_null=True)
    createdAt = serializers.DateTimeField()


class MessageSerializer(serializers.Serializer[Any]):
    """What `representations.message` makes, for the schema."""

    id = serializers.CharField()
    messageId = serializers.CharField(allow_null=True)
    conversationId = serializers.CharField()
    sender = serializers.CharField()
    content = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    timestamp = serializers.DateTimeField()
    isFromMe = serializers.BooleanField()
    status = serializers.ChoiceField(choices=Delivery.choices)
    error = serializers.CharField()


class SendSerializer(Strict):
    text = Text(
        max_length=MAX_TEXT,
        error_messages={"blank": "Escreva uma mensagem.", "required": "Escreva uma mensagem."},
    )


class MoveSerializer(Strict):
    status = serializers.ChoiceField(choices=[Status.PENDING, Status.ACTIVE])


class FinishSerializer(Strict):
    status = serializers.ChoiceField(choices=[Status.CLOSED])
    outcome = serializers.ChoiceField(
        choices=Outcome.choices,
        help_text="Motivo; exigido para finalizar.",
        error_messages={"required": "Diga o motivo para finalizar."},
    )


class ClientSerializer(Strict, serializers.ModelSerializer[Client]):
    name = Text(max_length=160)
    email = Email(required=False, allow_blank=True, max_length=254)
    cnpj = Text(
        max_length=24,
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text="Com ou sem máscara.",
    )
    companyType = serializers.ChoiceField(
        source="company_type",
        choices=CompanyType.choices,
        required=False,
        allow_blank=True,
    )
    creditLimit = Flag(source="credit_limit", required=False, allow_null=True)
    hasDebt = Flag(source="has_debt", required=False, allow_null=True)
    salesStage = serializers.ChoiceField(
        source="sales_stage",
        choices=SalesStage.choices,
        required=False,
    )
    responsible = Key(
        queryset=Agent.objects.filter(is_active=True), required=False, allow_null=True
    )
    phones = serializers.SerializerMethodField()
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)

    class Meta:
        model = Client
        fields = [
            "id",
            "name",
            "cnpj",
            "email",
            "companyType",
            "creditLimit",
            "hasDebt",
            "status",
            "salesStage",
            "responsible",
            "phones",
            "createdAt",
            "updatedAt",
        ]

    def get_phones(self, client: Client) -> list[str]:
        return [one.number for one in client.phones.all()]

    def validate_cnpj(self, typed: str | None) -> str | None:
        if not typed:
            return None
        try:
            code = cnpj.clean(typed)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from error
        taken = Client.objects.filter(cnpj=code)
        if (taken.exclude(pk=self.instance.pk) if self.instance else taken).exists():
            raise serializers.ValidationError(cnpj.TAKEN)
        return code
