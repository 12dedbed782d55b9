from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import (
    AudioMessage,
    DocumentMessage,
    ImageMessage,
    StickerMessage,
    VideoMessage,
)

from whatsapp.contents import Media, MediaKeys
from whatsapp.gateway.content.words import words
from whatsapp.vocabulary import Kind

File: TypeAlias = AudioMessage | DocumentMessage | ImageMessage | StickerMessage | VideoMessage


def _file(kind: Kind, part: File, **more: Any) -> Media:
    keys = MediaKeys(
        direct_path=words(part.directPath, 2000),
        media_key=part.mediaKey,
        sha256=part.fileSHA256,
        enc_sha256=part.fileEncSHA256,
    )
    return Media(kind, keys, words(part.mimetype, 120), part.fileLength, **more)


def _image(part: ImageMessage) -> Media:
    return _file(
        Kind.IMAGE, part, caption=words(part.caption), width=part.width, height=part.height
    )


def _video(part: VideoMessage) -> Media:
    return _file(
        Kind.VIDEO,
        part,
        caption=words(part.caption),
        seconds=part.seconds,
        width=part.width,
        height=part.height,
        loops=part.gifPlayback,
    )


def _audio(part: AudioMessage) -> Media:
    # PTT, push to talk, is what the apps show as a voice message.
    return _file(Kind.VOICE if part.PTT else Kind.AUDIO, part, seconds=part.seconds)


def _document(part: DocumentMessage) -> Media:
    name = words(part.fileName or part.title, 255)
    return _file(Kind.DOCUMENT, part, file_name=name, caption=words(part.caption))


def _sticker(part: StickerMessage) -> Media:
    return _file(Kind.STICKER, part, width=part.width, height=part.height, loops=part.isAnimated)


READERS: dict[str, Callable[[Any], Media]] = {
    "imageMessage": _image,
    "videoMessage": _video,
    "ptvMessage": _video,
    "audioMessage": _audio,
    "documentMessage": _document,
    "stickerMessage": _sticker,
}
