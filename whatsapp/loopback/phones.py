"""The software phones: real Signal endpoints with a memory of what they wrote and read.

Everything here is plain data, so that a server can be stopped and started again with its world.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field

from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message

from whatsapp.loopback import ratchet
from whatsapp.loopback.keys import KeyPair, sign
from whatsapp.loopback.wire import LID, PHONE, Jid, Node

SIGNED_PREKEY_ID = 1


@dataclass
class Phone:
    """Somebody's WhatsApp: number (digits), LID (digits), name, and Signal keys."""

    number: str
    lid: str
    name: str
    identity: KeyPair = field(default_factory=KeyPair.new)
    signed: KeyPair = field(default_factory=KeyPair.new)
    registration: int = field(default_factory=lambda: int.from_bytes(os.urandom(2), "big") | 1)
    sessions: dict[str, ratchet.Session] = field(default_factory=dict)
    greeted: dict[str, bytes] = field(default_factory=dict)

    @property
    def lid_jid(self) -> Jid:
        return Jid(self.lid, LID)

    @property
    def phone_jid(self) -> Jid:
        return Jid(self.number, PHONE)

    def bundle(self) -> ratchet.Bundle:
        """What others need to write to this phone; it hands out no one-time keys."""
        signature = sign(self.identity, self.signed.typed)
        return ratchet.Bundle(
            self.registration,
            self.identity.public,
            SIGNED_PREKEY_ID,
            self.signed.public,
            signature,
        )

    def decrypt(self, sender: Jid, kind: str, data: bytes) -> Message:
        """Open an ``enc`` from *sender*. Raises ratchet.NotDecryptable."""
        key = str(sender)
        if kind == "pkmsg":
            if self.greeted.get(key) != ratchet.base_key(data):
                session, _ = ratchet.answer(self.identity, self.signed, data)
                self.sessions[key], self.greeted[key] = session, ratchet.base_key(data)
            data = ratchet.inner(data)
        if key not in self.sessions:
            raise ratchet.NotDecryptable(f"no session with {key}")
        return Message.FromString(self.sessions[key].decrypt(data))


@dataclass
class Bubble:
    """A message as its reader sees it: `at` in unix seconds, `mine` when the phone wrote it."""

    wa_id: str
    text: str
    at: float
    mine: bool
    raw: bytes = b""
    ticks: str = ""


@dataclass
class Customer(Phone):
    """Somebody who writes to a company. `addressing` is which address the company sees first;
    a hidden one shows no number at all."""

    hidden: bool = False
    addressing: str = "lid"
    auto_receipts: bool = True
    thread: list[Bubble] = field(default_factory=list)
    received: dict[str, int] = field(default_factory=dict)
    undecryptable: int = 0
    damage: int = 0

    def inbox(self) -> list[Bubble]:
        return [bubble for bubble in self.thread if not bubble.mine]


@dataclass
class Companion:
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

    def take_bundle(self) -> ratchet.Bundle:
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
class Faults:
    """What the server does wrong on purpose to one company."""

    refuse: dict[str, str] | None = None
    hold_acks: int = 0
    drop_before_ack: int = 0
    ack_error: str = ""
    ack_errors: int = 0
    mute_keepalive: bool = False


@dataclass
class Company(Phone):
    """The company's own phone, and the device linked to it. `pending` are stanzas that the device
    has not confirmed; `settled` are message ids that it has."""

    companion: Companion | None = None
    next_device: int = 1
    pending: dict[str, Node] = field(default_factory=dict)
    settled: dict[str, float] = field(default_factory=dict)
    plain: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    logins: int = 0
    presence: str = ""

    @property
    def device_lid(self) -> Jid:
        return Jid(self.lid, LID, self.companion.device if self.companion else 0)

    @property
    def device_phone(self) -> Jid:
        return Jid(self.number, PHONE, self.companion.device if self.companion else 0)


@dataclass
class World:
    """All accounts of a server."""

    root: KeyPair = field(default_factory=KeyPair.new)
    companies: dict[str, Company] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    next_lid: int = 200_000_000_000_000

    def fresh_lid(self) -> str:
        self.next_lid += 1
        return str(self.next_lid)

    def by_jid(self, jid: Jid) -> Phone | None:
        """Whose address that is, by LID or number; None for somebody without WhatsApp."""
        people: list[Phone] = [*self.companies.values(), *self.customers.values()]
        if jid.server == PHONE:
            return self.companies.get(jid.user) or self.customers.get(jid.user)
        return next((phone for phone in people if phone.lid == jid.user), None)


def now() -> str:
    return str(int(time.time()))
