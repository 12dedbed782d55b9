from django.db import models


class Status(models.TextChoices):
    PENDING = "pending", "Pendente"
    ACTIVE = "active", "Ativo"
    CLOSED = "closed", "Finalizado"
