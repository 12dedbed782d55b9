"""The account's signature over a linked device (whatsmeow pair.go, waAdv)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import time
from dataclasses import dataclass

from neonize.proto.waAdv.WAAdv_pb2 import (
    ADVDeviceIdentity,
    ADVSignedDeviceIdentity,
    ADVSignedDeviceIdentityHMAC,
)

from loopback.keys import KeyPair, sign


@dataclass(frozen=True)
class Code:
    """What a QR says: the server's reference and the device's keys."""

    ref: str
    noise: bytes
    identity: bytes
    secret: bytes


def read_code(text: str) -> Code:
    """Parse a QR text. Raises ValueError (pt-BR) when it is not a pairing code."""
    # https://wa.me/settings/linked_devices#REF,NOISE,IDENTITY,SECRET,TYPE; older ones had no #.
    parts = text.rpartition("#")[2].split(",")
    try:
        noise, identity, secret = (base64.b64decode(part, validate=True) for part in parts[1:4])
    except ValueError as error:
        raise ValueError("Isto não é um código de pareamento do WhatsApp.") from error
    return Code(parts[0], noise, identity, secret)


def certify(account: KeyPair, code: Code, key_index: int) -> bytes:
    """Sign the device of *code* into the account; the HMAC proves that we saw its QR."""
    details = ADVDeviceIdentity(
        rawID=int.from_bytes(os.urandom(3), "big"), timestamp=int(time.time()), keyIndex=key_index
    ).SerializeToString()
    signed = ADVSignedDeviceIdentity(
        details=details,
        accountSignatureKey=account.public,
        # 06 00: the account signs the device. The device's own signature, 06 01, comes back to us.
        accountSignature=sign(account, b"\x06\x00" + details + code.identity),
    ).SerializeToString()
    # Only who saw the QR knows the secret; with a wrong HMAC the client refuses to pair.
    mac = hmac.digest(code.secret, signed, hashlib.sha256)
    return ADVSignedDeviceIdentityHMAC(details=signed, HMAC=mac).SerializeToString()
