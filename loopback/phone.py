"""A software phone's keys and Signal sessions.

Everything here is plain data, so that a server can be stopped and started again with its world.
"""

from __future__ import annotations

import os
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message

from loopback import ratchet
from loopback.keys import KeyPair, sign
from loopback.wire import LID, PHONE, Jid

SIGNED_PREKEY_ID = 1
# libsignal keeps as many.
ARCHIVED_LIMIT = 40


class Kept:
    """A dataclass whose older pickles miss the fields that came later."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        for one in fields(self):  # type: ignore[arg-type]
            if one.name not in state and one.default_factory is not MISSING:
                state[one.name] = one.default_factory()
        self.__dict__.update(state)


@dataclass
class Phone(Kept):
    """Somebody's WhatsApp: number (digits), LID (digits), name, and Signal keys.

    `sessions` are by device address; an `archived` one still opens what was written with it.
    """

    number: str
    lid: str
    name: str
    identity: KeyPair = field(default_factory=KeyPair.new)
    signed: KeyPair = field(default_factory=KeyPair.new)
    registration: int = field(default_factory=lambda: int.from_bytes(os.urandom(2), "big") | 1)
    sessions: dict[str, ratchet.Session] = field(default_factory=dict)
    archived: dict[str, list[ratchet.Session]] = field(default_factory=dict)
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

    def begin(self, device: Jid, session: ratchet.Session) -> None:
        """Write to *device* with *session* from now on; the one before is only read with."""
        self.retire(device)
        del self.archived.get(str(device), [])[ARCHIVED_LIMIT:]
        self.sessions[str(device)] = session

    def retire(self, device: Jid) -> None:
        """Write to *device* with a new session next time."""
        if current := self.sessions.pop(str(device), None):
            self.archived.setdefault(str(device), []).insert(0, current)

    def forget(self, device: Jid) -> None:
        """Lose every session with *device*, as a phone that was reinstalled."""
        for kept in (self.sessions, self.archived, self.greeted):
            kept.pop(str(device), None)

    def decrypt(self, sender: Jid, kind: str, data: bytes) -> Message:
        """Open an ``enc`` from *sender*. Raises ratchet.NotDecryptable."""
        key = str(sender)
        if kind == "pkmsg":
            # The same greeting comes until we answer; only a new one begins a session.
            if self.greeted.get(key) != ratchet.base_key(data):
                session, _ = ratchet.answer(self.identity, self.signed, data)
                self.begin(sender, session)
                self.greeted[key] = ratchet.base_key(data)
            data = ratchet.inner(data)
        return Message.FromString(self._open(key, data))

    def _open(self, key: str, data: bytes) -> bytes:
        """With the session that fits, which becomes the current one, as in libsignal."""
        current = [self.sessions[key]] if key in self.sessions else []
        known = current + self.archived.get(key, [])
        for at, session in enumerate(known):
            try:
                plain = session.decrypt(data)
            except ratchet.NotDecryptable:
                continue
            # An older session opened it: the peer has gone back to that one, and so do we.
            if at:
                self.sessions[key] = known.pop(at)
                self.archived[key] = known
            return plain
        raise ratchet.NotDecryptable(f"no session with {key} opens it")
