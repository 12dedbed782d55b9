from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models

from accounts.rights import Can, Scope, may


class Role(models.TextChoices):
    AGENT = "agent", "Atendente"
    SUPERVISOR = "supervisor", "Supervisor"
    ADMIN = "admin", "Administrador"


class AgentManager(UserManager["Agent"]):
    def create_superuser(self, *args: Any, **kwargs: Any) -> Agent:
        return super().create_superuser(*args, **{"role": Role.ADMIN, **kwargs})


class Agent(AbstractUser):
    """A person who logs in. The role decides what he may do (`accounts.rights`)."""

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

    def may(self, can: Can, distance: Scope = Scope.OWN) -> bool:
        """Whether the table of rights lets this agent do *can* to something that far away."""
        return may(self, can, distance)

    @property
    def initials(self) -> str:
        words = str(self).split()
        letters = words[0][:1] + (words[-1][:1] if len(words) > 1 else words[0][1:2])
        return letters.upper()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """The role decides who enters the admin, whoever saves."""
        self.is_staff = self.supervises
        super().save(*args, **kwargs)
