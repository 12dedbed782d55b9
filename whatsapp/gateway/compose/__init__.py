"""Our contents as WhatsApp's messages: one composer for each form that can be sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import ContextInfo, Message

from whatsapp.contents import Content, Quote, Text
from whatsapp.gateway.compose.text import compose_text

COMPOSERS: dict[type[Content], Callable[[Any, ContextInfo | None], Message]] = {
    Text: compose_text,
}


def compose(content: Content, secret: bytes, quote: Quote | None = None) -> Message:
    """Return the message to send, with *secret* (32 bytes) by which its id can be found again.

    Raises KeyError for a form that has no composer.
    """
    message = COMPOSERS[type(content)](content, _context(quote) if quote else None)
    # whatsmeow keeps it, with the id, before the frame goes out: so `Store.message_id` finds it.
    message.messageContextInfo.messageSecret = secret
    return message


def _context(quote: Quote) -> ContextInfo:
    return ContextInfo(
        stanzaID=quote.wa_id,
        participant=quote.sender,
        # The text alone, whatever it was: the original's file and its keys need not travel again.
        quotedMessage=Message(conversation=quote.text),
    )
