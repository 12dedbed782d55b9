"""Noise_XX_25519_AESGCM_SHA256, the responder's side (whatsmeow socket/noisehandshake.go)."""

from __future__ import annotations

import hashlib
import os
import time

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from neonize.proto.waCert.WACert_pb2 import CertChain
from neonize.proto.waWa6.WAWebProtobufsWa6_pb2 import ClientPayload, HandshakeMessage

from loopback.keys import KeyPair, hkdf, sign

# Exactly 32 bytes long, so the protocol takes it as the first hash without hashing it.
_NAME = b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0"
_YEAR = 365 * 86400


class Cipher:
    """One direction of the transport: AES-256-GCM, its nonce a counter from zero."""

    def __init__(self, key: bytes) -> None:
        self._aead, self._count = AESGCM(key), 0

    def _nonce(self) -> bytes:
        self._count += 1
        return b"\0" * 8 + (self._count - 1).to_bytes(4, "big")

    def seal(self, data: bytes) -> bytes:
        return self._aead.encrypt(self._nonce(), data, None)

    def open(self, data: bytes) -> bytes:
        return self._aead.decrypt(self._nonce(), data, None)


class Handshake:
    """Answers a client that trusts *root*; `answer`, then `finish`."""

    def __init__(self, root: KeyPair, intro: bytes) -> None:
        self._root, self._static, self._ephemeral = root, KeyPair.new(), KeyPair.new()
        self._hash = self._salt = self._key = _NAME
        self._count = 0
        self._authenticate(intro)

    def answer(self, hello: bytes) -> bytes:
        """Take the clientHello frame, return the serverHello frame."""
        theirs = HandshakeMessage.FromString(hello).clientHello.ephemeral
        # The order of the next seven lines is the protocol: e, ee, s, es (Noise XX). Each mixes its
        # secret into the key before the next thing is sealed with it.
        self._authenticate(theirs)
        self._authenticate(self._ephemeral.public)
        self._mix(self._ephemeral.agree(theirs))
        static = self._seal(self._static.public)
        self._mix(self._static.agree(theirs))
        message = HandshakeMessage()
        message.serverHello.ephemeral = self._ephemeral.public
        message.serverHello.static = static
        message.serverHello.payload = self._seal(self._certificates())
        return message.SerializeToString()

    def finish(self, frame: bytes) -> tuple[bytes, ClientPayload, Cipher, Cipher]:
        """Take the clientFinish frame; return (client's static key, payload, reader, writer)."""
        end = HandshakeMessage.FromString(frame).clientFinish
        static = self._open(end.static)
        # se: proves that the client has the key it sent; that key names the device at login.
        self._mix(self._ephemeral.agree(static))
        payload = ClientPayload.FromString(self._open(end.payload))
        # The transport begins with fresh counters, one key for each direction.
        keys = hkdf(b"", self._salt, b"", 64)
        return static, payload, Cipher(keys[:32]), Cipher(keys[32:])

    def _authenticate(self, data: bytes) -> None:
        self._hash = hashlib.sha256(self._hash + data).digest()

    def _mix(self, secret: bytes) -> None:
        keys = hkdf(secret, self._salt, b"", 64)
        # A new key starts its counter anew; a nonce used twice would give the key away.
        self._salt, self._key, self._count = keys[:32], keys[32:], 0

    def _nonce(self) -> bytes:
        self._count += 1
        return b"\0" * 8 + (self._count - 1).to_bytes(4, "big")

    def _seal(self, data: bytes) -> bytes:
        sealed = AESGCM(self._key).encrypt(self._nonce(), data, self._hash)
        self._authenticate(sealed)
        return sealed

    def _open(self, data: bytes) -> bytes:
        plain = AESGCM(self._key).decrypt(self._nonce(), data, self._hash)
        self._authenticate(data)
        return plain

    def _certificates(self) -> bytes:
        """Root signs an intermediate, which signs the server's static key."""
        intermediate = KeyPair.new()
        chain = CertChain()
        # whatsmeow checks that the intermediate's issuer is serial 0, the pinned root.
        _fill(chain.intermediate, 1, 0, intermediate.public, self._root)
        _fill(chain.leaf, 2, 1, self._static.public, intermediate)
        return chain.SerializeToString()


def _fill(
    cert: CertChain.NoiseCertificate, serial: int, issuer: int, key: bytes, signer: KeyPair
) -> None:
    # Both windows of validity must hold the present, and clocks differ a little.
    now = int(time.time())
    details = CertChain.NoiseCertificate.Details(
        serial=serial, issuerSerial=issuer, key=key, notBefore=now - _YEAR, notAfter=now + _YEAR
    )
    cert.details = details.SerializeToString()
    cert.signature = sign(signer, cert.details, os.urandom(64))
