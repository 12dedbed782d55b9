"""Writing down who did what, through which door: called by the verbs, in their transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils import timezone

from accounts.models import Agent, AuditEntry, Door
from accounts.models.audit import VIEWED, plain


@dataclass(frozen=True)
class Entrance:
    """Through which door the running request, command or event came, and from which address."""

    door: Door
    address: str = ""


# A process that says nothing is a command: a web request and the worker say what they are.
_BY_COMMAND = Entrance(Door.COMMAND)
# Of the context and not of the thread: `sync_to_async` carries it into its threads, and requests
# that share one do not see each other's.
_entrance: ContextVar[Entrance] = ContextVar("entrance", default=_BY_COMMAND)


@contextmanager
def entered(door: Door, address: str = "") -> Iterator[None]:
    """Within this block, what is recorded came through *door*."""
    token = _entrance.set(Entrance(door, address[:64]))
    try:
        yield
    finally:
        _entrance.reset(token)


def door() -> Door:
    """Through which door the running request, command or event came."""
    return _entrance.get().door


def record(
    actor: Agent | None,
    verb: str,
    subject: models.Model | None = None,
    *,
    old: object = "",
    new: object = "",
    conversation_id: int | None = None,
    client_id: int | None = None,
    label: str = "",
) -> None:
    """Write one entry. *label* names what has no row; *old* and *new* are values as a person
    reads them, cut at 300 characters.

    Must run in the transaction of what it tells of, so that neither stands without the other.
    """
    entry = _entry(actor, verb, conversation_id=conversation_id, client_id=client_id)
    # The columns' length, as in `AuditEntry`: what is too long is cut, for an audit that failed
    # would undo what it tells of.
    entry.old, entry.new = _text(old, 300), _text(new, 300)
    if subject is not None:
        entry.object_type = subject._meta.model_name or ""
        entry.object_id = subject.pk
    # What it is called now: the row may get another name or go, the entry stays readable.
    _label(entry, label or str(subject or ""))
    entry.save()


def opened(agent: Agent, conversation_id: int, client_id: int | None, label: str = "") -> None:
    """Write that *agent* read a conversation: once for each conversation and day.

    *label* is what the conversation is called, for the search of the audit page.
    """
    entry = _entry(agent, VIEWED, conversation_id=conversation_id, client_id=client_id)
    entry.object_type, entry.object_id = "conversation", conversation_id
    entry.day = timezone.localdate()
    _label(entry, label)
    # ON CONFLICT DO NOTHING: the partial unique index keeps the first of the day.
    AuditEntry.objects.bulk_create([entry], ignore_conflicts=True)


def _entry(actor: Agent | None, verb: str, **ids: Any) -> AuditEntry:
    entrance = _entrance.get()
    return AuditEntry(
        actor=actor,
        # Beside the key, which is set to NULL when the person's row goes.
        actor_name=_text(actor or "", 160),
        door=entrance.door,
        address=entrance.address,
        verb=verb,
        **ids,
    )


def _label(entry: AuditEntry, text: str) -> None:
    entry.label = _text(text, 160)
    # Resolved characters may be longer than what they came from (ß, ﬁ), hence the wider column.
    entry.label_plain = plain(entry.label)[:200]


def _text(value: object, longest: int) -> str:
    # PostgreSQL's text cannot hold a NUL.
    return "" if value is None else str(value).replace("\0", "")[:longest]
