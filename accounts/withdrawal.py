"""What rooms above do when a person may no longer hold work: an explicit list, filled at start.

`whatsapp` registers here from its AppConfig.ready what returns conversations to the queue: this
room knows no conversations.
"""

from __future__ import annotations

from collections.abc import Callable

GiveBack = Callable[[int], object]
CountHeld = Callable[[int], int]

_give_back: list[GiveBack] = []
_count_held: list[CountHeld] = []


def register(function: GiveBack) -> None:
    """Call *function(agent_id)* when that agent is deactivated or his role changes.

    It must return to others what he holds and may not hold any more, and nothing else; it runs in
    the transaction of the change.
    """
    if function not in _give_back:
        _give_back.append(function)


def count_with(function: CountHeld) -> None:
    """Let *function(agent_id)* tell how much that agent holds open now."""
    if function not in _count_held:
        _count_held.append(function)


def withdrawn(agent_id: int) -> None:
    """Call what is registered, after the rights of *agent_id* were written (it asks in SQL)."""
    # Nothing is caught: a failure undoes the change, and nobody keeps work without the right to it.
    for function in _give_back:
        function(agent_id)


def held_by(agent_id: int) -> int:
    """How many open conversations would go back."""
    return sum(count(agent_id) for count in _count_held)
