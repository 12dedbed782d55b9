"""Our words for what can arrive on a number's socket. True without a database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from whatsapp.contents import Content
from whatsapp.jid import Jid
from whatsapp.vocabulary import Composing, Delivery


@dataclass(frozen=True)
class Person:
    """Who a direct chat is with: either address may be unknown, not both."""

    chat: Jid
    lid: str = ""
    phone: str = ""


@dataclass(frozen=True)
class MessageReceived:
    """A bubble. `from_me` means it was written on the phone or another linked device; `quoted` is
    the WhatsApp id of the message that it answers, "" for none."""

    person: Person
    wa_id: str
    at: datetime
    content: Content
    push_name: str = ""
    from_me: bool = False
    quoted: str = ""


@dataclass(frozen=True)
class Undecryptable:
    """WhatsApp delivered something that could not be opened; the sender is asked to send again."""

    person: Person
    wa_id: str
    at: datetime
    push_name: str = ""
    from_me: bool = False


@dataclass(frozen=True)
class Receipt:
    """`delivery` is sent, delivered, read or played; `by_us` means read on our own phone."""

    wa_ids: tuple[str, ...]
    delivery: Delivery
    at: datetime
    by_us: bool = False


@dataclass(frozen=True)
class Typing:
    """The customer types, records, or has stopped doing so."""

    person: Person
    state: Composing


@dataclass(frozen=True)
class Connected:
    pass


@dataclass(frozen=True)
class Disconnected:
    pass


@dataclass(frozen=True)
class LoggedOut:
    reason: str


@dataclass(frozen=True)
class Replaced:
    pass


@dataclass(frozen=True)
class Banned:
    reason: str
    seconds: int


@dataclass(frozen=True)
class Outdated:
    pass


@dataclass(frozen=True)
class ConnectFailed:
    reason: str


@dataclass(frozen=True)
class Linked:
    """The account this device belongs to."""

    phone: str
    lid: str
    push_name: str


@dataclass(frozen=True)
class Ignored:
    """Known, and on purpose without effect: groups, status, newsletters, own plumbing."""

    why: str


# A new one also needs its reader (gateway/translate.py), and a handler if it makes rows
# (worker/receive).
Event = (
    MessageReceived
    | Undecryptable
    | Receipt
    | Typing
    | Connected
    | Disconnected
    | LoggedOut
    | Replaced
    | Banned
    | Outdated
    | ConnectFailed
    | Linked
    | Ignored
)
