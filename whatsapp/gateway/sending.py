"""What WhatsApp says to a message that we send, sorted by neonize's error texts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from whatsapp import events


class NotSent(Exception):
    """The message provably did not leave, for *reason* (pt-BR); `again` when a retry may help,
    `link` when only because there is no link: then every message waits, and none is to blame."""

    def __init__(self, reason: str, again: bool, link: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.again, self.link = reason, again, link


class Unproved(Exception):
    """The message may or may not have left."""


@dataclass(frozen=True)
class Sent:
    """WhatsApp took it: its id for the message, and when."""

    wa_id: str
    at: datetime


# A reason outside neonize's enums ends connect() with one of these in its error, and no event.
WORDLESS: dict[str, events.Banned | events.ConnectFailed] = {
    "neonize.TemporaryBan.Code": events.Banned("UNKNOWN", 3600),
    "neonize.ConnectFailure.Reason": events.ConnectFailed("UNKNOWN"),
}
# There was no link for the frame, or for a question before it. "websocket disconnected before
# message send" is not one of these: whatsmeow may have sent the frame once more by itself.
_NO_LINK = (
    "websocket not connected",
    "websocket disconnected before info query",
    "client is nil",
)
# The questions before the message, each given 75 s: nothing of it has left.
_NO_LOOKUP = ("failed to get user info", "failed to get device list")
# In this order: 463 and 479 come before the words that every refusal has.
_NEVER = {
    "no LID found": "Este número não está no WhatsApp.",
    "can't send message to unknown server": "Endereço do WhatsApp inválido.",
    "message recipient must be a user JID": "Endereço do WhatsApp inválido.",
    "the store doesn't contain a device JID": "O número foi desvinculado.",
    # WhatsApp's time-lock on new conversations, which must not be met by trying again.
    "server returned error 463": (
        "O WhatsApp recusou: limite de conversas novas deste número. Peça que o cliente escreva."
    ),
    "server returned error 479": "O WhatsApp recusou a mensagem (479).",
    "server returned error": "O WhatsApp recusou a mensagem.",
}


def sort_error(error: str) -> NotSent | Unproved:
    """Sort neonize's error text: provably not sent (now, or ever), or nobody knows."""
    for text, words in _NEVER.items():
        if text in error:
            return NotSent(words, again=False)
    if any(text in error for text in _NO_LINK):
        return NotSent(error, again=True, link=True)
    if any(text in error for text in _NO_LOOKUP):
        return NotSent("O WhatsApp não disse em que aparelhos o cliente está.", again=True)
    return Unproved(error)
