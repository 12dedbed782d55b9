"""Curve25519 keys, XEdDSA signatures and HKDF, as the Noise and Signal layers use them."""

from __future__ import annotations

import os
from dataclasses import dataclass

import xeddsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization import PublicFormat as Public


@dataclass(frozen=True)
class KeyPair:
    """An X25519 key pair as raw bytes, so that it can be kept in a file."""

    private: bytes
    public: bytes

    @classmethod
    def new(cls) -> KeyPair:
        key = X25519PrivateKey.generate()
        private = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        return cls(private, key.public_key().public_bytes(Encoding.Raw, Public.Raw))

    @property
    def typed(self) -> bytes:
        """The public key with Signal's type byte in front."""
        return b"\x05" + self.public

    def agree(self, theirs: bytes) -> bytes:
        private = X25519PrivateKey.from_private_bytes(self.private)
        return private.exchange(X25519PublicKey.from_public_bytes(theirs))


def hkdf(secret: bytes, salt: bytes | None, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)


def sign(key: KeyPair, message: bytes, nonce: bytes | None = None) -> bytes:
    """XEdDSA as libsignal does it: the Edwards sign bit travels in the signature's last byte."""
    # Curve25519 keys have no sign; XEdDSA needs one, and libsignal forces it to zero.
    forced = xeddsa.priv_force_sign(key.private, False)
    return xeddsa.ed25519_priv_sign(forced, message, nonce or os.urandom(64))
