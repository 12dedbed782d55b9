from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from accounts.models import Agent, Role


class AgentFactory(DjangoModelFactory):
    class Meta:
        model = Agent
        django_get_or_create = ("username",)

    username = factory.Sequence(lambda n: f"agente{n}")
    first_name = factory.Sequence(lambda n: f"Agente {n}")
    last_name = "Souza"


class SupervisorFactory(AgentFactory):
    username = factory.Sequence(lambda n: f"supervisor{n}")
    role = Role.SUPERVISOR
    is_staff = True
