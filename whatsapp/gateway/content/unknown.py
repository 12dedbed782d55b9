from __future__ import annotations

from typing import Any

from google.protobuf.message import Message as Protobuf

from whatsapp.contents import Unknown
from whatsapp.gateway.content.words import lines

# Where the apps put what people read, in forms that are not pictured here.
_TEXTS = (
    "title",
    "eventTitle",
    "orderTitle",
    "groupName",
    "newsletterName",
    "name",
    "text",
    "body",
    "contentText",
    "caption",
    "description",
    "message",
    "note",
)


def read_unknown(name: str, part: Any) -> Unknown:
    """The content of a field that has no reader, with whatever text is plainly in it."""
    if not isinstance(part, Protobuf):
        return Unknown(name)
    values = [getattr(part, field, "") for field in _TEXTS]
    return Unknown(name, lines(*(value for value in values if isinstance(value, str))))
