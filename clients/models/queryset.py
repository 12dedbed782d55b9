"""The questions one asks about clients, and how one comes on file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Q

from accounts import audit
from accounts.models import Agent
from accounts.rights import Can, NotAllowed
from clients import cnpj
from clients.models.visible import visible
from clients.search import Term, terms
from live import announce

# The Client, which stands above: it is made with this QuerySet.
Row = TypeVar("Row", bound=models.Model)


class ClientQuerySet(models.QuerySet[Row]):
    def visible_to(self, agent: Agent) -> ClientQuerySet[Row]:
        """Those whose card *agent* may see; `visible.shows` says the same in memory."""
        found: ClientQuerySet[Row] = visible(self, agent)
        return found

    def search(self, words: str) -> ClientQuerySet[Row]:
        """Those with all of *words* in name, CNPJ or telephones, in any order."""
        found = self
        for term in terms(words):
            found = found.having(term)
        return found

    def having(self, term: Term) -> ClientQuerySet[Row]:
        found = term.in_names("name_folded")
        if term.phones:
            telephones: Any = self.model._meta.get_field("phones").related_model
            # By ids: a join would give a client once for each of his telephones.
            owners = telephones.objects.filter(term.in_phones("key")).values("client")
            found |= Q(pk__in=owners)
        if term.cnpj:
            found |= Q(cnpj__contains=term.cnpj)
        return self.filter(found)

    def create_by(self, by: Agent, values: Mapping[str, Any]) -> Row:
        """Put a client on file. Raises NotAllowed, ValidationError (pt-BR, by field)."""
        if not by.may(Can.CREATE_CLIENT):
            raise NotAllowed("Você não pode cadastrar clientes.")
        client: Any = self.model()
        # Checks that the CNPJ is free, for the plain sentence; the index settles who was first.
        client.set_values(values)
        with transaction.atomic():
            unless_taken(client.save)
            audit.record(by, "client.created", client, new=client, client_id=client.pk)
            announce.client_changed(client.pk)
        made: Row = client
        return made


def unless_taken(save: Callable[[], None]) -> None:
    """Save; the same CNPJ may have been written since it was checked. Raises ValidationError."""
    try:
        # A savepoint, so that the caller's transaction outlives the refusal.
        with transaction.atomic():
            save()
    except IntegrityError as error:
        # The CNPJ is the one unique column here; foreign keys are checked at the commit only.
        raise ValidationError({"cnpj": cnpj.TAKEN}) from error
