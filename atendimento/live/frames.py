"""Frames for the sockets: what changed is loaded once and rendered once, and handed to the screens
that it concerns."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.template.loader import render_to_string

from atendimento.live.panes import list as rows
from atendimento.live.panes.base import Pane, RenderedOnce
from atendimento.live.screen import Screen
from atendimento.sight import Sight
from live.models import Change
from live.outage import AWAY

logger = logging.getLogger(__name__)

# Ten pages of rows; for more a reload is shorter.
MOST_TAKEN_AWAY = 500

Pieces = Mapping[Screen, Sequence[str]]


class Batch:
    """Some changes, as each pane that hears them has loaded and rendered them so far."""

    def __init__(self, changes: Sequence[Change], panes: Iterable[Pane]) -> None:
        self._changes, self._panes = changes, panes
        self._loaded: list[tuple[Pane, Any]] | None = None

    def pieces(self, screen: Screen) -> list[str]:
        """Each once: two panes may want the same fetched."""
        # On first use, in the thread that may ask the database.
        if self._loaded is None:
            self._loaded = list(self._load())
        found = (piece for pane, loaded in self._loaded for piece in pane.pieces(loaded, screen))
        # Pieces keep the order of PANES and of the changes.
        return list(dict.fromkeys(found))

    def _load(self) -> Iterable[tuple[Pane, Any]]:
        for pane in self._panes:
            heard = [change for change in self._changes if change.kind in pane.KINDS]
            if heard:
                yield pane, pane.load(heard)


def make(
    changes: Sequence[Change],
    screens: Sequence[Screen],
    cursor: int,
    panes: Sequence[Pane],
    batch: Batch | None = None,
) -> dict[Screen, str]:
    """One frame for each screen that something of *changes* concerns, ending with the cursor.
    *batch* is what others have loaded of the same changes, if they have."""
    # Whose frame would hold nothing but a cursor gets none: a replay from an older one is harmless.
    made = _pieces(batch or Batch(changes, panes), changes, screens, panes)
    end = at_cursor(cursor)
    return {screen: "".join(pieces) + end for screen, pieces in made.items() if pieces}


def _pieces(
    batch: Batch, changes: Sequence[Change], screens: Sequence[Screen], panes: Sequence[Pane]
) -> Pieces:
    """All at once; what fails is cut in two, by panes and then by changes, until the one change
    that one pane cannot show is found. Only who has it open is told to reload; the rest goes on."""
    try:
        return {screen: batch.pieces(screen) for screen in screens}
    except AWAY:
        # Away is away for all of them: the hub keeps its snapshot and reads the same changes again.
        raise
    except Exception:
        # Whatever a template or a pane raises: one row must not silence every page. It is logged
        # below with the id of its change.
        if len(changes) * len(panes) == 1:
            logger.exception("change %s cannot be shown: %s", changes[0].pk, changes[0])
            return {s: [reload_piece()] for s in screens if concerns(changes[0], s)}
    # By panes first: mostly one template is at fault, and the others need no second halving.
    if len(panes) > 1:
        return _merged(_pieces(Batch(changes, [p]), changes, screens, [p]) for p in panes)
    # One bad change among n costs some 2 log n loads.
    half = len(changes) // 2
    parts = (changes[:half], changes[half:])
    return _merged(_pieces(Batch(part, panes), part, screens, panes) for part in parts)


def _merged(parts: Iterable[Pieces]) -> Pieces:
    merged: defaultdict[Screen, list[str]] = defaultdict(list)
    for part in parts:
        for screen, pieces in part.items():
            merged[screen] += pieces
    return merged


def concerns(change: Change, screen: Screen) -> bool:
    """Whether a page must be loaded anew for a change that cannot be shown: that of its open
    conversation; for changes of no conversation, of a number that it sees, or any client. A row of
    the list stays as it was: reloading every page would blind all for one."""
    if change.conversation_id is not None:
        return change.conversation_id == screen.conversation
    if change.session_id is not None:
        return screen.sight.sees(change.session_id)
    return screen.conversation is not None


def taken_away(screen: Screen, before: Sight) -> str:
    """What a page must lose that sees less than *before*: its rows of numbers that are hidden now;
    all of it, by a reload, when the open conversation is among them or they are too many."""
    # What was seen before and is not seen now, in SQL: which rows it has only the page knows.
    hidden = before.conversations()
    if not screen.sight.everything:
        hidden = hidden.exclude(session__in=screen.sight.numbers)
    if screen.conversation and hidden.filter(pk=screen.conversation).exists():
        return reload_piece()
    # Those of its tab: a filter shows only some of them, but to lose what is absent is harmless.
    listed = hidden.filter(status=screen.query.status).newest_first()
    found = list(listed.values_list("pk", flat=True)[: MOST_TAKEN_AWAY + 1])
    if len(found) > MOST_TAKEN_AWAY:
        return reload_piece()
    render = RenderedOnce()
    return "".join(rows.gone(render, pk) for pk in found)


def shows_hidden(screen: Screen) -> bool:
    """Whether a page has a conversation open, or its list bound to a number, that it may not see:
    it must be loaded anew, where the views refuse the one and pass over the other."""
    number, pk, sight = screen.query.session, screen.conversation, screen.sight
    if number is not None and not sight.sees(number):
        return True
    return pk is not None and not sight.conversations().filter(pk=pk).exists()


def at_cursor(cursor: int) -> str:
    return render_to_string("atendimento/live/cursor.html", {"cursor": cursor})


def reload_piece() -> str:
    return render_to_string("atendimento/live/reload.html")


def reload(cursor: int) -> str:
    return reload_piece() + at_cursor(cursor)


def beat() -> str:
    return render_to_string("atendimento/live/beat.html")


def outage(away: bool) -> str:
    return render_to_string("atendimento/live/outage.html", {"away": away})


def typing(note: Mapping[str, Any]) -> str:
    context = {"conversation_id": note["conversation"], "state": note["state"]}
    return render_to_string("atendimento/live/typing.html", context)
