from __future__ import annotations

from collections.abc import Callable
from typing import Any

from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import ExtendedTextMessage

from whatsapp.contents import Text
from whatsapp.gateway.content.words import lines, words


def _conversation(text: str) -> Text:
    return Text(words(text))


def _extended(part: ExtendedTextMessage) -> Text:
    return Text(words(part.text) or lines(part.title, part.description, part.matchedText))


READERS: dict[str, Callable[[Any], Text]] = {
    "conversation": _conversation,
    "extendedTextMessage": _extended,
}
