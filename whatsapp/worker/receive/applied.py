"""What handlers of arrivals take and give back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from live.models import Change
from whatsapp.events import Event
from whatsapp.models import Session

E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Heard(Generic[E]):
    """An event with the id of the row that keeps its bytes."""

    arrival_id: int
    event: E


@dataclass(frozen=True)
class Opened:
    """An attendance that began because its customer wrote."""

    conversation_id: int
    attendance_id: int


@dataclass
class Applied:
    """What a run of events did: the changes to announce, the attendances that it opened."""

    changes: list[Change] = field(default_factory=list)
    opened: list[Opened] = field(default_factory=list)

    def add(self, other: Applied) -> None:
        self.changes += other.changes
        self.opened += other.opened


# Writes what a run of like events says, in the caller's transaction, and returns what it did.
Handler: TypeAlias = Callable[[Session, Sequence[Heard[Any]]], Applied]
