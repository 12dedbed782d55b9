"""Bytes as neonize hands them over: the door by which everything from outside comes in."""

from __future__ import annotations

import itertools
import time
from typing import Any

from neonize.proto import Neonize_pb2 as pb
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message as Content

_ids = itertools.count(1)


def jid(text: str = "") -> pb.JID:
    user, _, server = text.rpartition("@")
    device = int(user.partition(":")[2] or 0)
    return pb.JID(
        User=user.partition(":")[0],
        Server=server,
        Device=device,
        RawAgent=0,
        Integrator=0,
        IsEmpty=not text,
    )


def info(
    chat: str,
    *,
    wa_id: str | None = None,
    alt: str = "",
    name: str = "",
    from_me: bool = False,
    group: bool = False,
    category: str = "",
    at: float | None = None,
) -> pb.MessageInfo:
    source = pb.MessageSource(
        Chat=jid(chat),
        Sender=jid("5511911110000@s.whatsapp.net" if from_me else chat),
        IsFromMe=from_me,
        IsGroup=group,
        SenderAlt=jid("" if from_me else alt),
        RecipientAlt=jid(alt if from_me else ""),
        BroadcastListOwner=jid(),
    )
    return pb.MessageInfo(
        MessageSource=source,
        ID=wa_id or f"WA{next(_ids)}",
        ServerID=0,
        Type="text",
        Pushname=name,
        Timestamp=int((at or time.time()) * 1000),
        Category=category,
        Multicast=False,
        MediaType="",
        Edit="",
    )


def message(chat: str, text: str = "Oi", content: Content | None = None, **kwargs: Any) -> bytes:
    body = content or Content(conversation=text)
    return serialise(pb.Message(Info=info(chat, **kwargs), Message=body))


def undecryptable(chat: str, **kwargs: Any) -> bytes:
    return serialise(pb.UndecryptableMessage(Info=info(chat, **kwargs), IsUnavailable=False))


def receipt(chat: str, *wa_ids: str, kind: int, from_me: bool = False) -> bytes:
    return serialise(
        pb.Receipt(
            MessageSource=info(chat, from_me=from_me).MessageSource,
            MessageIDs=wa_ids,
            Timestamp=int(time.time()),
            Type=kind,
        )
    )


def serialise(event: Any) -> bytes:
    """neonize always fills its required fields; a test fills only those it is about."""
    return bytes(event.SerializePartialToString())
