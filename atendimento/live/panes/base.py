"""What a pane of the page is to the sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from django.template.loader import render_to_string

from atendimento.live.screen import Screen
from live.models import Change


class Pane(Protocol):
    """A module of this package. `load` asks the database once for all changes (kinds of `KINDS`
    only) and all screens; `pieces` then gives each screen what it must repaint, from memory.

    A pane that raises costs no other pane and no other change anything.
    """

    @property
    def KINDS(self) -> tuple[str, ...]: ...

    def load(self, changes: Sequence[Change], /) -> Any: ...

    def pieces(self, loaded: Any, screen: Screen, /) -> Iterable[str]: ...


class RenderedOnce:
    """Pieces by what they depend on: the second screen that needs the same gets the same text."""

    def __init__(self) -> None:
        self._done: dict[tuple[object, ...], str] = {}

    def __call__(
        self, template: str, key: tuple[object, ...], context: Callable[[], dict[str, Any]]
    ) -> str:
        # No lock: a batch is rendered on one thread.
        known = self._done.get((template, *key))
        if known is None:
            known = render_to_string(f"atendimento/live/{template}.html", context())
            self._done[template, *key] = known
        return known
