from django.contrib.auth.models import AbstractUser
from django.db import models


class Role(models.TextChoices):
    AGENT = "agent", "Atendente"
    SUPERVISOR = "supervisor", "Supervisor"
    ADMIN = "admin", "Administrador"


class Agent(AbstractUser):
    """A person who logs in. The role gives the permission group of the same name."""

    role = models.CharField("papel", max_length=10, choices=Role.choices, default=Role.AGENT)

    class Meta:
        verbose_name = "atendente"
        ordering = ["first_name", "username"]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def supervises(self) -> bool:
        return self.is_superuser or self.role in (Role.SUPERVISOR, Role.ADMIN)

    @property
    def initials(self) -> str:
        words = str(self).split()
        letters = words[0][:1] + (words[-1][:1] if len(words) > 1 else words[0][1:2])
        return letters.upper()
