"""The band that names the numbers that are down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from accounts.rights import Can
from atendimento.live.panes.base import RenderedOnce
from atendimento.live.screen import Screen
from atendimento.summary import numbers_down
from live.models import Change, ChangeKind

KINDS = (ChangeKind.SESSION_CHANGED,)


def load(changes: Sequence[Change]) -> RenderedOnce:
    """Nothing yet: the band depends on what one may see, and is made once for each such set."""
    return RenderedOnce()


def pieces(loaded: RenderedOnce, screen: Screen) -> Iterable[str]:
    agent = screen.agent
    yield loaded(
        "session",
        # A key that says all that the band shows: the numbers, and a button for who connects them.
        (screen.sight, agent.may(Can.CONNECT_NUMBER)),
        lambda: {"down": numbers_down(agent), "user": agent},
    )
