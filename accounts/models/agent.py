from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.models.login_limit import LimitKind, LoginLimit
from accounts.rights import Can, Scope, may, roles_with


class Role(models.TextChoices):
    AGENT = "agent", "Atendente"
    SUPERVISOR = "supervisor", "Supervisão"
    ADMIN = "admin", "Administração"


class Standing(models.TextChoices):
    """Whether a person can log in now, as the people page says it."""

    ACTIVE = "active", "Ativo"
    TEMPORARY = "temporary", "Senha provisória"
    EXPIRED = "expired", "Senha provisória vencida"
    LOCKED = "locked", "Bloqueado"
    INACTIVE = "inactive", "Desativado"


class AgentQuerySet(models.QuerySet["Agent"]):
    def administrators(self) -> AgentQuerySet:
        # `Agent.administers` says the same in memory.
        return self.filter(Q(role=Role.ADMIN) | Q(is_superuser=True))

    def with_locks(self) -> AgentQuerySet:
        """Each with `locked_until` (None unless too many wrong passwords came), in one query."""
        # `key` is text, since addresses stand there too. One look-up a row, by the unique index.
        locks = LoginLimit.objects.locked().filter(
            kind=LimitKind.ACCOUNT, key=Cast(OuterRef("pk"), models.CharField())
        )
        return self.annotate(locked_until=Subquery(locks.values("locked_until")[:1]))

    def search(self, words: str) -> AgentQuerySet:
        """Those whose names, user name or e-mail hold each of the *words*."""
        found = self
        for word in words.split()[:8]:
            found = found.filter(
                Q(first_name__icontains=word)
                | Q(last_name__icontains=word)
                | Q(username__icontains=word)
                | Q(email__icontains=word)
            )
        return found


class AgentManager(UserManager["Agent"].from_queryset(AgentQuerySet)):  # type: ignore[misc]
    def create_superuser(self, *args: Any, **kwargs: Any) -> Agent:
        # `createsuperuser` asks for no role, and the pages go by the role.
        agent: Agent = super().create_superuser(*args, **{"role": Role.ADMIN, **kwargs})
        return agent


class Agent(AbstractUser):
    """A person who logs in. The role decides what he may do (`accounts.rights`).

    Changed by the verbs of `accounts.people`. A password that somebody else made is temporary:
    good for log-in until `temporary_until`, and for nothing but choosing an own one.
    """

    role = models.CharField("papel", max_length=10, choices=Role.choices, default=Role.AGENT)
    must_change_password = models.BooleanField("precisa criar a própria senha", default=False)
    temporary_until = models.DateTimeField("senha provisória até", null=True, blank=True)
    password_changed_at = models.DateTimeField("senha trocada em", null=True, blank=True)

    objects = AgentManager()  # type: ignore[misc]

    class Meta:
        verbose_name = "pessoa"
        ordering = ["first_name", "username"]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def sees_all_numbers(self) -> bool:
        """Whether the table gives the role every number; others see open ones and their own."""
        return self.is_superuser or self.role in roles_with(Can.SEE_NUMBER, Scope.ALL)

    @property
    def supervises(self) -> bool:
        # In SQL this is `whatsapp.models.access.sees`; a test there compares both.
        return self.is_superuser or self.role in (Role.SUPERVISOR, Role.ADMIN)

    @property
    def administers(self) -> bool:
        return self.is_superuser or self.role == Role.ADMIN

    def may(self, can: Can, distance: Scope = Scope.OWN) -> bool:
        """Whether the table of rights lets this agent do *can* to something that far away."""
        return may(self, can, distance)

    def may_manage(self, person: Agent) -> bool:
        """Whether the people page offers this agent anything to do to *person*."""
        # The same as `people_checks.locked` refuses, so that no button leads to a refusal.
        return self.may(Can.MANAGE_PEOPLE, person.distance) and person.pk != self.pk

    @property
    def distance(self) -> Scope:
        """How far this person is from who manages people: administrators are farther."""
        return Scope.ALL if self.administers else Scope.VISIBLE

    @property
    def temporary_expired(self) -> bool:
        until = self.temporary_until
        return self.must_change_password and until is not None and until <= timezone.now()

    @property
    def standing(self) -> Standing:
        """How the person stands; whether he is locked only `with_locks` knows."""
        if not self.is_active:
            return Standing.INACTIVE
        # Before the password: who is locked cannot use the temporary one either.
        if getattr(self, "locked_until", None):
            return Standing.LOCKED
        if self.must_change_password:
            return Standing.EXPIRED if self.temporary_expired else Standing.TEMPORARY
        return Standing.ACTIVE

    @property
    def initials(self) -> str:
        words = str(self).split()
        letters = words[0][:1] + (words[-1][:1] if len(words) > 1 else words[0][1:2])
        return letters.upper()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """The role decides who enters the admin, whoever saves."""
        # A save with update_fields must name it too, as `people._change_role` does.
        self.is_staff = self.supervises
        super().save(*args, **kwargs)
