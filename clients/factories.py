from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from clients.models import Client


class ClientFactory(DjangoModelFactory):
    class Meta:
        model = Client

    name = factory.Sequence(lambda n: f"Padaria {n}")
