"""Whose phones there are: customers, companies with their linked device, and the world of both."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message

from loopback import ratchet
from loopback.appstate import AppState
from loopback.faults import Faults
from loopback.keys import KeyPair
from loopback.phone import Kept, Phone
from loopback.senderkey import SenderKey
from loopback.wire import LID, PHONE, Attribute, Jid, Node


@dataclass
class Bubble:
    """A message as its reader sees it: `at` in unix seconds, `mine` when the phone wrote it."""

    wa_id: str
    text: str
    at: float
    mine: bool
    raw: bytes = b""
    ticks: str = ""
    readable: bool = True

    @property
    def message(self) -> Message:
        return Message.FromString(self.raw)


@dataclass
class Customer(Phone):
    """Somebody who writes to a company. `addressing` is which address the company sees first;
    a hidden one shows no number at all; one that does not ask again never sends retry receipts."""

    hidden: bool = False
    addressing: str = "lid"
    auto_receipts: bool = True
    asks_again: bool = True
    thread: list[Bubble] = field(default_factory=list)
    bubbles: dict[str, Bubble] = field(default_factory=dict)
    received: dict[str, int] = field(default_factory=dict)
    retries: dict[str, int] = field(default_factory=dict)
    sender_keys: dict[str, SenderKey] = field(default_factory=dict)
    undecryptable: int = 0
    damage: int = 0

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self.bubbles = {bubble.wa_id: bubble for bubble in self.thread}

    def inbox(self) -> list[Bubble]:
        return [bubble for bubble in self.thread if not bubble.mine]

    def add(self, bubble: Bubble) -> None:
        self.thread.append(bubble)
        self.bubbles[bubble.wa_id] = bubble


@dataclass
class Companion(Kept):
    """The linked device: keys it uploaded, and what waits for it."""

    device: int
    noise: bytes
    identity: bytes
    registration: int
    signed_id: int
    signed: bytes
    signature: bytes
    certificate: bytes = b""
    one_time: dict[int, bytes] = field(default_factory=dict)
    told_keys: bool = False

    def take_bundle(self) -> ratchet.Bundle:
        # Each one-time key is given out once; a bundle without one is valid as well.
        one_time_id = next(iter(self.one_time), None)
        one_time = self.one_time.pop(one_time_id) if one_time_id is not None else None
        return ratchet.Bundle(
            self.registration,
            self.identity,
            self.signed_id,
            self.signed,
            self.signature,
            one_time_id,
            one_time,
        )


@dataclass
class Written:
    """What went to the device, kept until it says that it could read it."""

    sender: Jid
    attrs: dict[str, Attribute]
    plain: bytes


@dataclass
class Company(Phone):
    """The company's own phone, and the device linked to it. `pending` are stanzas that the device
    has not confirmed, in order; `settled` are message ids that it has, with the unix time."""

    companion: Companion | None = None
    next_device: int = 1
    pending: dict[str, Node] = field(default_factory=dict)
    settled: dict[str, float] = field(default_factory=dict)
    written: dict[str, Written] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    app_state: AppState = field(default_factory=AppState)
    logins: int = 0
    presence: str = ""
    shown_name: str = ""

    @property
    def device_lid(self) -> Jid:
        return Jid(self.lid, LID, self.companion.device if self.companion else 0)

    @property
    def device_phone(self) -> Jid:
        return Jid(self.number, PHONE, self.companion.device if self.companion else 0)


@dataclass
class World(Kept):
    """All accounts of a server."""

    root: KeyPair = field(default_factory=KeyPair.new)
    companies: dict[str, Company] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    lids: dict[str, Phone] = field(default_factory=dict)
    # 15 digits, as today's LIDs have: nobody may take one for a telephone.
    next_lid: int = 200_000_000_000_000
    next_notice: int = 1_000

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        # By LID as well; made anew, since older pickles lack it and two copies would part.
        people = [*self.companies.values(), *self.customers.values()]
        self.lids = {phone.lid: phone for phone in people}

    def fresh_lid(self) -> str:
        self.next_lid += 1
        return str(self.next_lid)

    def welcome(self, phone: Company | Customer) -> None:
        if isinstance(phone, Company):
            self.companies[phone.number] = phone
        else:
            self.customers[phone.number] = phone
        self.lids[phone.lid] = phone

    def by_jid(self, jid: Jid) -> Phone | None:
        """Whose address that is, by LID or number; None for somebody without WhatsApp."""
        # Company first: a customer never shares its number.
        if jid.server == PHONE:
            return self.companies.get(jid.user) or self.customers.get(jid.user)
        return self.lids.get(jid.user)


def now() -> str:
    return str(int(time.time()))
