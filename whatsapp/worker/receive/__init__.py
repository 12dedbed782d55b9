"""What arrives, as a table: each event of the wire that becomes rows, and who makes them.

Everything is written by the time `apply` returns; the caller then announces the changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from whatsapp.events import Event, MessageReceived, Receipt, Undecryptable
from whatsapp.models import Session
from whatsapp.worker.receive import messages, receipts
from whatsapp.worker.receive.applied import Applied, Handler, Heard, Opened

__all__ = ["HANDLERS", "Applied", "Handler", "Heard", "Opened", "apply"]

HANDLERS: dict[type[Event], Handler] = {
    MessageReceived: messages.receive,
    Undecryptable: messages.receive,
    Receipt: receipts.receive,
}


def apply(session: Session, heard: Sequence[Heard[Event]]) -> Applied:
    """Make rows of *heard*, in its order, and return what changed.

    Events that have no handler change nothing. Must run in a transaction with the number's fence.
    """
    applied = Applied()
    handled = [one for one in heard if type(one.event) in HANDLERS]
    # Neighbours of one kind are written at once; the order between the kinds stays.
    for handler, run in groupby(handled, key=lambda one: HANDLERS[type(one.event)]):
        applied.add(handler(session, list(run)))
    return applied
