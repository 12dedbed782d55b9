"""What the software phones need to know of a message's content."""

from __future__ import annotations

from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message

# The content's field, and how the envelope names it.
MEDIA = {
    "imageMessage": "image",
    "videoMessage": "video",
    "audioMessage": "audio",
    "documentMessage": "document",
    "stickerMessage": "sticker",
}


def text_of(message: Message) -> str:
    """What a chat would show as text: the words, or the caption or file name."""
    if text := message.conversation or message.extendedTextMessage.text:
        return text
    return (
        message.imageMessage.caption
        or message.videoMessage.caption
        or message.documentMessage.fileName
    )


def media_kind(message: Message) -> str:
    """``image``, ``audio`` and so on; "" for a message without a file."""
    name = next((field for field in MEDIA if message.HasField(field)), "")
    if name == "audioMessage" and message.audioMessage.PTT:
        return "ptt"
    return MEDIA.get(name, "")


_SHOWN = {
    "image": "[imagem]",
    "video": "[vídeo]",
    "audio": "[áudio]",
    "ptt": "[mensagem de voz]",
    "document": "[documento]",
    "sticker": "[figurinha]",
}


def shown_text(message: Message) -> str:
    """One line for a chat: the words, and what kind of file comes with them."""
    return " ".join(filter(None, [_SHOWN.get(media_kind(message), ""), text_of(message)]))
