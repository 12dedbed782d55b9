"""The closed lists of the wire: what a message is, which way it went, and how far it came.

True without a database row and without neonize, so that events, contents and models use the same
words; the labels are what people read (pt-BR).
"""

from __future__ import annotations

from enum import StrEnum

from django.db.models import TextChoices


class Direction(TextChoices):
    IN = "in", "recebida"
    OUT = "out", "enviada"
    SYSTEM = "system", "evento"


class Kind(TextChoices):
    TEXT = "text", "texto"
    IMAGE = "image", "Foto"
    VIDEO = "video", "Vídeo"
    AUDIO = "audio", "Áudio"
    VOICE = "voice", "Mensagem de voz"
    DOCUMENT = "document", "Documento"
    STICKER = "sticker", "Figurinha"
    LOCATION = "location", "Localização"
    CONTACT = "contact", "Contato"
    POLL = "poll", "Enquete"
    UNKNOWN = "unknown", "Mensagem não reconhecida"
    UNDECRYPTABLE = "undecryptable", "Aguardando mensagem"
    SYSTEM = "system", "evento"


class Origin(TextChoices):
    CUSTOMER = "customer", "cliente"
    DESK = "desk", "painel"
    PHONE = "phone", "celular"
    API = "api", "API"
    AUTO = "auto", "automática"


class Delivery(TextChoices):
    RECEIVED = "received", "recebida"
    QUEUED = "queued", "na fila"
    SENDING = "sending", "enviando"
    SENT = "sent", "enviada"
    DELIVERED = "delivered", "entregue"
    READ = "read", "lida"
    PLAYED = "played", "ouvida"
    FAILED = "failed", "não enviada"
    UNCERTAIN = "uncertain", "incerta"
    DISCARDED = "discarded", "descartada"


class Composing(StrEnum):
    """What somebody does in a chat just now."""

    TYPING = "composing"
    RECORDING = "recording"
    PAUSED = "paused"
