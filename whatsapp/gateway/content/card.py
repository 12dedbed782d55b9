from __future__ import annotations

from collections.abc import Callable
from typing import Any

from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import ContactMessage, ContactsArrayMessage

from whatsapp.contents import Card
from whatsapp.gateway.content.words import some, words


def _card(part: ContactMessage) -> Card:
    return Card(words(part.displayName), some([part.vcard]))


def _cards(part: ContactsArrayMessage) -> Card:
    return Card(words(part.displayName), some(one.vcard for one in part.contacts))


READERS: dict[str, Callable[[Any], Card]] = {
    "contactMessage": _card,
    "contactsArrayMessage": _cards,
}
