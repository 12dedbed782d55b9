from __future__ import annotations

from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import ContextInfo, ExtendedTextMessage, Message

from whatsapp.contents import Text


def compose_text(content: Text, context: ContextInfo | None) -> Message:
    # Never the str that neonize takes: it searches it for @mentions and asks WhatsApp about groups.
    part = ExtendedTextMessage(text=content.text)
    if context:
        part.contextInfo.CopyFrom(context)
    return Message(extendedTextMessage=part)
