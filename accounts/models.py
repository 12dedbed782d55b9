from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractUser, Group, UserManager
from django.db import models


class Role(models.TextChoices):
    AGENT = "agent", "Atendente"
    SUPERVISOR = "supervisor", "Supervisor"
    ADMIN = "admin", "Administrador"


GROUPS = {
    Role.AGENT: "Atendentes",
    Role.SUPERVISOR: "Supervisores",
    Role.ADMIN: "Administradores",
}


class AgentManager(UserManager["Agent"]):
    def create_superuser(self, *args: Any, **kwargs: Any) -> Agent:
        return super().create_superuser(*args, **{"role": Role.ADMIN, **kwargs})


class Agent(AbstractUser):
    """A person who logs in. The role decides the permission group and who enters the admin."""

    role = models.CharField("papel", max_length=10, choices=Role.choices, default=Role.AGENT)

    objects = AgentManager()  # type: ignore[misc]

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

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Role, group and entrance to the admin always agree, whoever saves."""
        self.is_staff = self.supervises
        super().save(*args, **kwargs)
        group, _ = Group.objects.get_or_create(name=GROUPS[Role(self.role)])
        others = Group.objects.filter(name__in=GROUPS.values()).exclude(pk=group.pk)
        self.groups.remove(*others)
        self.groups.add(group)
