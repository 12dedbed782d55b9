"""What a WhatsApp message says: one reader for each field of its protobuf that is speech."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message as Protobuf
from google.protobuf.unknown_fields import UnknownFieldSet
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message

from whatsapp.contents import Content
from whatsapp.gateway.content import card, choice, media, place, poll, text
from whatsapp.gateway.content.fields import ANNOTATIONS, PLUMBING, WRAPPERS
from whatsapp.gateway.content.unknown import read_unknown
from whatsapp.gateway.content.words import words

# In the order in which they win, should a message have several.
READERS: dict[str, Callable[[Any], Content]] = {
    **text.READERS,
    **media.READERS,
    **place.READERS,
    **card.READERS,
    **poll.READERS,
    **choice.READERS,
}
# Every field of the protobuf is in exactly one table: tests/test_contents.py walks it.
SILENT = ANNOTATIONS | PLUMBING
# Wrappers within wrappers that are opened.
# A stranger may nest as many as fit into a message.
DEEPEST = 6


class Unreadable(Exception):
    """The message says nothing to a person, on purpose: it annotates another, or is plumbing."""


@dataclass(frozen=True)
class Said:
    """A content, and the WhatsApp id of the message that it answers ("" for none)."""

    content: Content
    quoted: str = ""


def read_content(message: Message) -> Said:
    """Return what *message* says. Raises Unreadable for what shows nowhere.

    A form that nobody thought of is Unknown, never dropped: its raw bytes stay with its arrival.
    """
    message, fields = _open(message)
    if spoken := next((name for name in READERS if name in fields), None):
        part = getattr(message, spoken)
        return Said(READERS[spoken](part), _quoted(part))
    strange = [name for name in fields if name not in SILENT]
    if strange:
        part = getattr(message, strange[0])
        return Said(read_unknown(strange[0], part), _quoted(part))
    # Of a newer WhatsApp than the library knows: the next new kind must not be invisible.
    newer = UnknownFieldSet(message)
    if len(newer) and set(fields) <= {"messageContextInfo"}:
        return Said(read_unknown(f"field {newer[0].field_number}", None))
    raise Unreadable(" ".join(fields) or "empty")


def _quoted(part: Any) -> str:
    """The id of the message that this part of a message answers, "" for none."""
    # `conversation` is a bare text and can quote nothing.
    if isinstance(part, Protobuf) and "contextInfo" in part.DESCRIPTOR.fields_by_name:
        return words(str(part.contextInfo.stanzaID), 128)  # type: ignore[attr-defined]
    return ""


def _open(message: Message) -> tuple[Message, list[str]]:
    """The innermost message of those that are wrapped in each other, and its fields."""
    for _ in range(DEEPEST):
        fields = [field.name for field, _ in message.ListFields()]
        wrapper = next((name for name in fields if name in WRAPPERS), None)
        if wrapper is None:
            break
        message = getattr(message, wrapper).message
    return message, fields
