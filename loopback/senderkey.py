"""libsignal's sender keys, version 3: a chain that only its owner moves, and signed messages."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from loopback.keys import KeyPair, hkdf, sign
from loopback.protobuf import packed
from loopback.ratchet import pad

_VERSION = b"\x33"


@dataclass
class SenderKey:
    """One writer's chain in one chat."""

    id: int = field(default_factory=lambda: int.from_bytes(os.urandom(3), "big"))
    chain: bytes = field(default_factory=lambda: os.urandom(32))
    signing: KeyPair = field(default_factory=KeyPair.new)
    iteration: int = 0

    def distribution(self) -> bytes:
        """What lets a reader follow the chain from here on."""
        return _VERSION + packed(
            {1: self.id, 2: self.iteration, 3: self.chain, 4: self.signing.typed}
        )

    def encrypt(self, plain: bytes) -> bytes:
        """A ``skmsg``; the chain moves on."""
        # One chain for all readers: 16 bytes of IV, then the AES key.
        seed = hmac.digest(self.chain, b"\x01", hashlib.sha256)
        keys = hkdf(seed, b"\0" * 32, b"WhisperGroup", 48)
        padder = PKCS7(128).padder()
        run = Cipher(algorithms.AES(keys[16:48]), modes.CBC(keys[:16])).encryptor()
        sealed = run.update(padder.update(pad(plain)) + padder.finalize()) + run.finalize()
        body = _VERSION + packed({1: self.id, 2: self.iteration, 3: sealed})
        self.chain = hmac.digest(self.chain, b"\x02", hashlib.sha256)
        self.iteration += 1
        # Readers share the chain, so only the signature proves who wrote.
        return body + sign(self.signing, body)
