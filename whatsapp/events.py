"""Our words for what can arrive on a number's socket. True without a database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from whatsapp.jid import Jid

# Characters kept of a text from outside; WhatsApp itself stops at 65,536.
MAX_BODY = 65_536


@dataclass(frozen=True)
class Person:
    """Who a direct chat is with: either address may be unknown, not both."""

    chat: Jid
    lid: str = ""
    phone: str = ""


@dataclass(frozen=True)
class MessageReceived:
    """A bubble. `from_me` means it was written on the phone or another linked device."""

    person: Person
    wa_id: str
    at: datetime
    kind: str
    body: str
    push_name: str = ""
    business_name: str = ""
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
    delivery: str
    at: datetime
    by_us: bool = False


@dataclass(frozen=True)
class Typing:
    """`state` is composing, recording or paused."""

    person: Person
    state: str


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
    jid: str


@dataclass(frozen=True)
class Ignored:
    """Known, and on purpose without effect: groups, status, newsletters, own plumbing."""

    why: str


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
