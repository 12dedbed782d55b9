"""Writing down who did what, through which door: called by the verbs, in their transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import models

from accounts.models import Agent, AuditEntry, Door


@dataclass(frozen=True)
class Entrance:
    """Through which door the running request, command or event came, and from which address."""

    door: Door
    address: str = ""


# A process that says nothing is a command: a web request and the worker say what they are.
_BY_COMMAND = Entrance(Door.COMMAND)
_entrance: ContextVar[Entrance] = ContextVar("entrance", default=_BY_COMMAND)


@contextmanager
def entered(door: Door, address: str = "") -> Iterator[None]:
    """Within this block, what is recorded came through *door*."""
    token = _entrance.set(Entrance(door, address[:64]))
    try:
        yield
    finally:
        _entrance.reset(token)


def record(
    actor: Agent | None,
    verb: str,
    subject: models.Model | None = None,
    *,
    old: object = "",
    new: object = "",
    conversation_id: int | None = None,
    client_id: int | None = None,
) -> None:
    """Write one entry. *old* and *new* are values as a person reads them, cut at 300 characters.

    Must run in the transaction of what it tells of, so that neither stands without the other.
    """
    entrance = _entrance.get()
    AuditEntry.objects.create(
        actor=actor,
        actor_name=str(actor or "")[:160],
        door=entrance.door,
        address=entrance.address,
        verb=verb,
        old=_text(old),
        new=_text(new),
        conversation_id=conversation_id,
        client_id=client_id,
        **_named(subject),
    )


def _named(subject: models.Model | None) -> dict[str, Any]:
    if subject is None:
        return {}
    kind = subject._meta.model_name or ""
    return {"object_type": kind, "object_id": subject.pk, "label": str(subject)[:160]}


def _text(value: object) -> str:
    return "" if value is None else str(value).replace("\0", "")[:300]
