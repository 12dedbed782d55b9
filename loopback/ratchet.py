"""Signal: X3DH and the double ratchet, both roles (libsignal's protocol, message version 3)."""

from __future__ import annotations

import copy
import hashlib
import hmac
import os
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from loopback.keys import KeyPair, hkdf
from loopback.protobuf import fields, packed

_VERSION = b"\x33"
# How far a counter may jump ahead; libsignal has the same bound against exhaustion.
_SKIP_LIMIT = 2000


class NotDecryptable(Exception):
    """No session, an old counter, or damaged bytes."""


@dataclass(frozen=True)
class Bundle:
    """A device's public keys, with which a session to it can begin."""

    registration: int
    identity: bytes
    signed_id: int
    signed: bytes
    signature: bytes
    one_time_id: int | None = None
    one_time: bytes | None = None


@dataclass
class Session:
    """The state shared with one device. `greeting` is sent along until the peer has answered."""

    mine: bytes
    theirs: bytes
    root: bytes
    send_key: KeyPair
    send_chain: bytes
    send_count: int = 0
    previous: int = 0
    their_key: bytes = b""
    receive_chain: bytes = b""
    receive_count: int = 0
    skipped: dict[tuple[bytes, int], bytes] = field(default_factory=dict)
    greeting: bytes = b""

    def encrypt(self, plain: bytes) -> tuple[str, bytes]:
        """Return (``pkmsg`` or ``msg``, ciphertext)."""
        # The message's keys come from the chain as it is; only then does the chain move on.
        keys, self.send_chain = _message_keys(self.send_chain), _next(self.send_chain)
        body = packed(
            {
                1: self.send_key.typed,
                2: self.send_count,
                3: self.previous,
                4: _cbc(keys, pad(plain), encrypt=True),
            }
        )
        self.send_count += 1
        signed = _VERSION + body
        signed += _mac(keys, self.mine, self.theirs, signed)
        # Until the peer has answered it may have no session: every message carries the greeting.
        if self.greeting:
            return "pkmsg", self.greeting + packed({4: signed})
        return "msg", signed

    def decrypt(self, message: bytes) -> bytes:
        """Return the plaintext of a ``msg``. Raises NotDecryptable, and then nothing has moved."""
        # A forged or damaged message must not move the ratchet, or the next true one is lost.
        trial = copy.copy(self)
        trial.skipped = dict(self.skipped)
        try:
            plain = trial._open(message)
        except (ValueError, KeyError) as error:
            raise NotDecryptable(str(error)) from error
        self.__dict__.update(trial.__dict__)
        return plain

    def _open(self, message: bytes) -> bytes:
        # The MAC is cut to 8 bytes and covers version, body and both identities.
        body, mac = message[:-8], message[-8:]
        parts = fields(body[1:])
        keys = self._keys_for(bytes(parts[1])[1:], int(parts.get(2, 0)))
        if not hmac.compare_digest(_mac(keys, self.theirs, self.mine, body), mac):
            raise NotDecryptable("bad MAC")
        # They have answered, so they have the session.
        self.greeting = b""
        return unpad(_cbc(keys, bytes(parts[4]), encrypt=False))

    def _keys_for(self, ratchet: bytes, counter: int) -> bytes:
        if (ratchet, counter) in self.skipped:
            return self.skipped.pop((ratchet, counter))
        if ratchet != self.their_key:
            self._turn(ratchet)
        if counter < self.receive_count or counter - self.receive_count > _SKIP_LIMIT:
            raise NotDecryptable(f"counter {counter}, expected {self.receive_count}")
        while True:
            keys = _message_keys(self.receive_chain)
            self.receive_chain = _next(self.receive_chain)
            self.receive_count += 1
            if self.receive_count > counter:
                return keys
            # Messages may come out of order: keep the keys of those that were passed over.
            self.skipped[ratchet, self.receive_count - 1] = keys

    def _turn(self, ratchet: bytes) -> None:
        """A new key of theirs: derive the chain to read it, and one of ours to answer."""
        self.root, self.receive_chain = _root(self.root, self.send_key.agree(ratchet))
        self.their_key, self.receive_count = ratchet, 0
        # `previous` tells the peer how many keys of the old chain to keep for late messages.
        self.previous, self.send_count, self.send_key = self.send_count, 0, KeyPair.new()
        self.root, self.send_chain = _root(self.root, self.send_key.agree(ratchet))


def begin(identity: KeyPair, registration: int, bundle: Bundle) -> Session:
    """Open a session towards *bundle*'s device (X3DH as Alice)."""
    base, ratchet = KeyPair.new(), KeyPair.new()
    # 32 bytes of FF come first so that the input cannot be taken for a key (X3DH, section 2.2).
    secret = b"\xff" * 32 + identity.agree(bundle.signed)
    secret += base.agree(bundle.identity) + base.agree(bundle.signed)
    if bundle.one_time:
        secret += base.agree(bundle.one_time)
    root, _ = _split(hkdf(secret, b"\0" * 32, b"WhisperText", 64))
    root, chain = _root(root, ratchet.agree(bundle.signed))
    greeting: dict[int, int | bytes] = {
        5: registration,
        6: bundle.signed_id,
        2: base.typed,
        3: identity.typed,
    }
    if bundle.one_time_id is not None:
        greeting[1] = bundle.one_time_id
    session = Session(identity.public, bundle.identity, root, ratchet, chain)
    session.greeting = _VERSION + packed(greeting)
    # Alice's first ratchet step is against Bob's signed prekey, which doubles as his first key.
    session.their_key = bundle.signed
    return session


def answer(identity: KeyPair, signed: KeyPair, greeting: bytes) -> tuple[Session, bytes]:
    """Take a ``pkmsg`` (X3DH as Bob, without one-time key); return (session, inner ``msg``)."""
    parts = fields(greeting[1:])
    base, theirs = bytes(parts[2])[1:], bytes(parts[3])[1:]
    # The same secrets as in `begin`, each seen from the other side, in the same order.
    secret = b"\xff" * 32 + signed.agree(theirs) + identity.agree(base) + signed.agree(base)
    root, chain = _split(hkdf(secret, b"\0" * 32, b"WhisperText", 64))
    return Session(identity.public, theirs, root, signed, chain), bytes(parts[4])


def inner(greeting: bytes) -> bytes:
    """The ``msg`` inside a ``pkmsg``."""
    return bytes(fields(greeting[1:])[4])


def base_key(greeting: bytes) -> bytes:
    return bytes(fields(greeting[1:])[2])


def _root(root: bytes, secret: bytes) -> tuple[bytes, bytes]:
    return _split(hkdf(secret, root, b"WhisperRatchet", 64))


def _split(keys: bytes) -> tuple[bytes, bytes]:
    return keys[:32], keys[32:]


def _message_keys(chain: bytes) -> bytes:
    seed = hmac.digest(chain, b"\x01", hashlib.sha256)
    return hkdf(seed, b"\0" * 32, b"WhisperMessageKeys", 80)


def _next(chain: bytes) -> bytes:
    return hmac.digest(chain, b"\x02", hashlib.sha256)


def _mac(keys: bytes, sender: bytes, receiver: bytes, data: bytes) -> bytes:
    # Keys are typed (05: Curve25519) wherever they are signed or sent, and bare inside.
    signed = b"\x05" + sender + b"\x05" + receiver + data
    return hmac.digest(keys[32:64], signed, hashlib.sha256)[:8]


def _cbc(keys: bytes, data: bytes, *, encrypt: bool) -> bytes:
    cipher = Cipher(algorithms.AES(keys[:32]), modes.CBC(keys[64:80]))
    if encrypt:
        padder = PKCS7(128).padder()
        run = cipher.encryptor()
        return run.update(padder.update(data) + padder.finalize()) + run.finalize()
    run, unpadder = cipher.decryptor(), PKCS7(128).unpadder()
    return unpadder.update(run.update(data) + run.finalize()) + unpadder.finalize()


def pad(message: bytes) -> bytes:
    # WhatsApp's own padding inside Signal's: n bytes of value n, 1 to 15.
    size = os.urandom(1)[0] % 15 + 1
    return message + bytes((size,)) * size


def unpad(padded: bytes) -> bytes:
    return padded[: -padded[-1]]
