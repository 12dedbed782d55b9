"""How many wait and how many are active, and since when the first waits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from atendimento.live.panes.base import RenderedOnce
from atendimento.live.screen import Screen
from atendimento.summary import queue_of
from live.models import Change, ChangeKind

KINDS = (ChangeKind.CONVERSATION_CHANGED,)


def load(changes: Sequence[Change]) -> RenderedOnce:
    """Nothing yet: what is counted depends on what one may see; one query for each such set."""
    return RenderedOnce()


def pieces(loaded: RenderedOnce, screen: Screen) -> Iterable[str]:
    # Also to pages whose own rows did not change: a counter is of all that one sees.
    sight = screen.sight
    yield loaded("counters", (sight,), lambda: queue_of(sight.conversations()))
