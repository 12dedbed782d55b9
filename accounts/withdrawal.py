"""Who must hear that an agent's rights were taken away: a list that the upper rooms add to."""

from __future__ import annotations

from collections.abc import Callable

Heard = Callable[[int], object]
_hooks: list[Heard] = []


def register(function: Heard) -> Heard:
    """Have *function* called with the agent's id; once, however often it is registered."""
    if function not in _hooks:
        _hooks.append(function)
    return function


def withdrawn(agent_id: int) -> None:
    """The agent was deactivated, or may do less than before. Call it in the transaction of that."""
    for function in _hooks:
        function(agent_id)
