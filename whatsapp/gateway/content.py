"""What a WhatsApp message says: its kind, its text, and which message it answers."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.message import Message as Protobuf
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message as Content
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import ProtocolMessage

from whatsapp.events import MAX_BODY

# Wrappers that hold another message in `.message` and that whatsmeow does not open.
_WRAPPERS = (
    "groupMentionedMessage",
    "associatedChildMessage",
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "documentWithCaptionMessage",
    "botForwardedMessage",
    "statusMentionMessage",
    "spoilerMessage",
    "questionMessage",
    "limitSharingMessage",
)

# kind, and the field of that content that is shown as its text
_KINDS: dict[str, tuple[str, str]] = {
    "imageMessage": ("image", "caption"),
    "videoMessage": ("video", "caption"),
    "ptvMessage": ("video", "caption"),
    "documentMessage": ("document", "fileName"),
    "stickerMessage": ("sticker", ""),
    "locationMessage": ("location", "name"),
    "liveLocationMessage": ("location", "caption"),
    "contactMessage": ("contact", "displayName"),
    "contactsArrayMessage": ("contact", "displayName"),
    "pollCreationMessage": ("poll", "name"),
    "pollCreationMessageV2": ("poll", "name"),
    "pollCreationMessageV3": ("poll", "name"),
    "pollCreationMessageV5": ("poll", "name"),
    "buttonsResponseMessage": ("text", "selectedDisplayText"),
    "templateButtonReplyMessage": ("text", "selectedDisplayText"),
    "listResponseMessage": ("text", "title"),
}
_PLUMBING = {"senderKeyDistributionMessage", "messageContextInfo"}


class Unreadable(Exception):
    """The message says nothing to a person, on purpose: keys, settings, reactions for later."""


@dataclass(frozen=True)
class Said:
    kind: str
    body: str
    quoted: str = ""


def read_content(content: Content) -> Said:
    """Return what *content* says. Raises Unreadable for plumbing that shows nowhere.

    A kind we do not know is "unknown", never dropped: its raw bytes stay with its arrival.
    """
    content = _unwrap(content)
    fields = {field.name for field, _ in content.ListFields()} - _PLUMBING
    if not fields:
        raise Unreadable("only keys or context")
    if "protocolMessage" in fields:
        return _protocol(content.protocolMessage)
    if "reactionMessage" in fields or "encReactionMessage" in fields:
        raise Unreadable("reaction")
    return _read(content, fields)


def _read(content: Content, fields: set[str]) -> Said:
    if "conversation" in fields:
        return Said("text", content.conversation[:MAX_BODY])
    if "extendedTextMessage" in fields:
        text = content.extendedTextMessage
        return Said("text", text.text[:MAX_BODY], text.contextInfo.stanzaID)
    if "audioMessage" in fields:
        kind = "voice" if content.audioMessage.PTT else "audio"
        return Said(kind, "", content.audioMessage.contextInfo.stanzaID)
    for name in sorted(fields & _KINDS.keys()):
        kind, text_field = _KINDS[name]
        part: Protobuf = getattr(content, name)
        text = str(getattr(part, text_field)) if text_field else ""
        return Said(kind, text[:MAX_BODY], _quoted(part))
    return Said("unknown", "")


def _quoted(part: Protobuf) -> str:
    if "contextInfo" not in part.DESCRIPTOR.fields_by_name:
        return ""
    return str(part.contextInfo.stanzaID)  # type: ignore[attr-defined]


def _protocol(message: ProtocolMessage) -> Said:
    """Edits and deletions are kept as raw arrivals until the desk shows them; the rest of the
    protocol (keys, settings, history notices) is for machines."""
    raise Unreadable(f"protocol {message.type}")


def _unwrap(content: Content) -> Content:
    for _ in range(6):
        wrapper = next((name for name in _WRAPPERS if _has(content, name)), None)
        if wrapper is None:
            break
        content = getattr(content, wrapper).message
    return content


def _has(content: Content, name: str) -> bool:
    return name in content.DESCRIPTOR.fields_by_name and content.HasField(name)
