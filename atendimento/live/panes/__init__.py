"""The panes of the page. A new fact to show live is one module here, its template, and its place in
PANES (and the verb that announces it)."""

from __future__ import annotations

from atendimento.live.panes import banner, card, chat, counters, list, thread
from atendimento.live.panes.base import Pane

# In the order in which a page applies them: bubbles before the row and the counters of the same
# message.
PANES: tuple[Pane, ...] = (thread, list, chat, card, banner, counters)
