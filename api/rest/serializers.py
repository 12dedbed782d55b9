"""The JSON of the API, with the names of the system that it was ordered to replace."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from accounts.models import Agent
from api.rest import representations
from api.rest.fields import Cnpj, Text
from api.rest.validation import Body
from clients.cnpj import LONGEST_TYPED
from clients.models import Client, ClientStatus, CompanyType, SalesStage
from whatsapp.models import Delivery, Kind, Outcome, Session, Status
from whatsapp.models.writing import MAX_TEXT

NULLABLE: dict[str, Any] = {"required": False, "allow_null": True}


class NumberState(serializers.Serializer[Any]):
    code = serializers.CharField(source="shown_state")
    label = serializers.CharField(source="shown_state.label")  # type: ignore[assignment]
    sentence = serializers.CharField(source="words.sentence")
    nextStep = serializers.CharField(source="words.next_step")
    detail = serializers.CharField(source="state_detail")
    since = serializers.DateTimeField(source="state_since")


class NumberSerializer(serializers.Serializer[Any]):
    """A number, as `context["agent"]` may see it."""

    id = serializers.CharField(source="slug")
    name = serializers.CharField()
    phoneNumber = serializers.CharField(source="phone", allow_null=True)
    isConnected = serializers.BooleanField(source="online")
    state = NumberState(source="*")
    qr = serializers.SerializerMethodField(help_text="Só para quem pode conectar números.")
    qrExpiresAt = serializers.SerializerMethodField()
    queueLength = serializers.SerializerMethodField()

    def get_qr(self, number: Session) -> str | None:
        code = representations.pairing_code(number, self.context["agent"])
        return code["qr"] if code else None

    def get_qrExpiresAt(self, number: Session) -> datetime | None:
        return number.qr_expires_at if self.get_qr(number) else None

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


class SendSerializer(Body):
    text = Text(
        max_length=MAX_TEXT,
        error_messages={"blank": "Escreva uma mensagem.", "required": "Escreva uma mensagem."},
    )


class MoveSerializer(Body):
    status = serializers.ChoiceField(choices=[Status.PENDING, Status.ACTIVE])


class FinishSerializer(Body):
    status = serializers.ChoiceField(choices=[Status.CLOSED])
    outcome = serializers.ChoiceField(
        choices=Outcome.choices,
        help_text="Motivo; exigido para finalizar.",
        error_messages={"required": "Diga o motivo para finalizar."},
    )


class ClientSerializer(Body):
    id = serializers.IntegerField(read_only=True)
    name = Text(max_length=160)
    cnpj = Cnpj(
        max_length=LONGEST_TYPED, allow_blank=True, help_text="Com ou sem máscara.", **NULLABLE
    )
    email = serializers.EmailField(required=False, allow_blank=True, max_length=254)
    companyType = serializers.ChoiceField(
        source="company_type", choices=CompanyType.choices, required=False, allow_blank=True
    )
    creditLimit = serializers.BooleanField(source="credit_limit", **NULLABLE)
    hasDebt = serializers.BooleanField(source="has_debt", **NULLABLE)
    status = serializers.ChoiceField(choices=ClientStatus.choices, required=False)
    salesStage = serializers.ChoiceField(SalesStage.choices, source="sales_stage", required=False)
    responsible = serializers.PrimaryKeyRelatedField(queryset=Agent.objects.all(), **NULLABLE)
    phones = serializers.SerializerMethodField()
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)

    def get_phones(self, client: Client) -> list[str]:
        return [one.number for one in client.phones.all()]
