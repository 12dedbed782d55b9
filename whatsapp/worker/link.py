"""What the events of a link mean for the number: pure, shared by the worker and by pairing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from whatsapp import events
from whatsapp.models import State
from whatsapp.models.state import BAN_WORDS, LOGGED_OUT_WORDS, UNKNOWN_BAN
from whatsapp.worker.exits import REFUSAL_PAUSE, REFUSED

# Seconds; a date further away than this is no date.
LONGEST_BAN = 366 * 86_400


@dataclass(frozen=True)
class LinkChange:
    """The state that a number enters, why in words (pt-BR), in how long it is tried again by
    itself (None: when a person asks), and the code to leave the process with (None: stay)."""

    state: State
    words: str = ""
    retry: timedelta | None = None
    exit: int | None = None


def link_change(event: events.Event) -> LinkChange | None:
    """What *event* does to its number's state; None for events that say nothing about the link."""
    match event:
        case events.Connected():
            return LinkChange(State.ONLINE)
        case events.Disconnected():
            return LinkChange(State.RECONNECTING)
        case events.LoggedOut(reason):
            return _refused(State.LOGGED_OUT, LOGGED_OUT_WORDS.get(reason, reason))
        case events.Replaced():
            return _refused(State.REPLACED)
        case events.Banned(reason, seconds):
            words = BAN_WORDS.get(reason, UNKNOWN_BAN)
            return _refused(State.BANNED, words, timedelta(seconds=min(seconds, LONGEST_BAN)))
        case events.Outdated():
            return _refused(State.OUTDATED, retry=REFUSAL_PAUSE)
        case events.ConnectFailed(reason):
            words = f"O WhatsApp recusou a ligação ({reason})."
            return _refused(State.FAILED, words, REFUSAL_PAUSE)
        case _:
            return None


def login_refusal(status: str) -> LinkChange:
    """What whatsmeow's *status* of a pairing that failed means."""
    return _LOGIN_REFUSALS.get(status) or _refused(State.FAILED, status)


def _refused(state: State, words: str = "", retry: timedelta | None = None) -> LinkChange:
    """WhatsApp ended it: say so, and do not come back before *retry*."""
    return LinkChange(state, words, retry, REFUSED)


# The words of whatsmeow's QR channel. neonize can answer no passkey, which WhatsApp asks of more
# and more accounts since June 2026.
_LOGIN_REFUSALS = {
    "timeout": _refused(State.EXPIRED),
    "passkey-request": _refused(State.PASSKEY),
    "passkey-confirmation": _refused(State.PASSKEY),
    "err-client-outdated": _refused(State.OUTDATED, retry=REFUSAL_PAUSE),
    "err-scanned-without-multidevice": _refused(
        State.FAILED, "O celular leu o código sem o modo de vários aparelhos."
    ),
}
