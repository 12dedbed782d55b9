"""Which way a message goes, who wrote it, and the states of its delivery."""

from __future__ import annotations

from django.db import models


class Direction(models.TextChoices):
    IN = "in", "recebida"
    OUT = "out", "enviada"
    SYSTEM = "system", "evento"


class Origin(models.TextChoices):
    CUSTOMER = "customer", "cliente"
    DESK = "desk", "painel"
    PHONE = "phone", "celular"
    API = "api", "API"
    AUTO = "auto", "automática"


class Delivery(models.TextChoices):
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


# Which deliveries each receipt may move on from: the state only goes forward. A receipt proves a
# message out whatever we believed, so it also settles what was failed or uncertain.
UNPROVED = (Delivery.SENDING, Delivery.FAILED, Delivery.UNCERTAIN)
FORWARD: dict[str, tuple[str, ...]] = {
    Delivery.SENT: UNPROVED,
    Delivery.DELIVERED: (*UNPROVED, Delivery.SENT),
    Delivery.READ: (*UNPROVED, Delivery.SENT, Delivery.DELIVERED),
    Delivery.PLAYED: (*UNPROVED, Delivery.SENT, Delivery.DELIVERED, Delivery.READ),
}
# What the agent may still decide about, and what he may give up.
RESENDABLE = (Delivery.FAILED, Delivery.UNCERTAIN)
DISCARDABLE = (Delivery.QUEUED, *RESENDABLE)
