"""App state: an account's settings as encrypted patches that only its own devices can read.

whatsmeow's appstate/ package is the source of the key names and of what each MAC covers.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message, ProtocolMessage
from neonize.proto.waServerSync.WAWebProtobufsServerSync_pb2 import (
    SyncdMutation,
    SyncdPatch,
    SyncdRecord,
)
from neonize.proto.waSyncAction.WAWebProtobufSyncAction_pb2 import SyncActionData, SyncActionValue

from loopback.keys import hkdf

PUSH_NAME = "critical_block"


@dataclass
class Collection:
    """One numbered series of patches, and the running hash over what they leave in force."""

    version: int = 0
    # A homomorphic hash: adding and taking away needs no list of what is in force.
    sum: bytes = bytes(128)
    patches: list[bytes] = field(default_factory=list)
    in_force: dict[bytes, bytes] = field(default_factory=dict)

    def account(self, mutations: list[SyncdMutation]) -> list[bytes]:
        """Count *mutations* into the hash and return their value MACs."""
        macs = []
        for mutation in mutations:
            # Setting the same index again replaces its value: the old MAC leaves the hash first.
            index, mac = mutation.record.index.blob, mutation.record.value.blob[-32:]
            self.sum = _lt_hash(self.sum, remove=self.in_force.pop(index, b""))
            if mutation.operation == SyncdMutation.SET:
                self.sum = _lt_hash(self.sum, add=mac)
                self.in_force[index] = mac
            macs.append(mac)
        self.version += 1
        return macs

    def since(self, version: int) -> list[bytes]:
        return self.patches[version:]


@dataclass
class AppState:
    """The settings of one account; `share` is how its phone lets a new device read them."""

    key_id: bytes = field(default_factory=lambda: b"\0\0" + os.urandom(4))
    key: bytes = field(default_factory=lambda: os.urandom(32))
    collections: dict[str, Collection] = field(default_factory=dict)

    def collection(self, name: str) -> Collection:
        return self.collections.setdefault(name, Collection())

    def share(self) -> Message:
        """The protocol message that hands the key to the account's own device."""
        message = Message()
        protocol = message.protocolMessage
        protocol.type = ProtocolMessage.APP_STATE_SYNC_KEY_SHARE
        key = protocol.appStateSyncKeyShare.keys.add()
        key.keyID.keyID = self.key_id
        key.keyData.keyData, key.keyData.timestamp = self.key, int(time.time())
        key.keyData.fingerprint.rawID = 1
        key.keyData.fingerprint.deviceIndexes.append(0)
        return message

    def set_push_name(self, name: str) -> int:
        """Record *name* as the account's own; return the collection's new version."""
        # Without a name in here the client refuses to send its presence.
        value = SyncActionValue(timestamp=int(time.time()))
        value.pushNameSetting.name = name
        return self._set(PUSH_NAME, ["setting_pushName"], value)

    def _set(self, name: str, index: list[str], value: SyncActionValue) -> int:
        keys, collection = _Keys(self.key), self.collection(name)
        mutation = SyncdMutation(operation=SyncdMutation.SET)
        mutation.record.CopyFrom(self._record(keys, index, value))
        macs = collection.account([mutation])
        patch = SyncdPatch(mutations=[mutation])
        patch.version.version = collection.version
        patch.keyID.ID = self.key_id
        patch.snapshotMAC = keys.snapshot(collection, name)
        patch.patchMAC = keys.patch(patch.snapshotMAC, macs, collection.version, name)
        collection.patches.append(patch.SerializeToString())
        return collection.version

    def _record(self, keys: _Keys, index: list[str], value: SyncActionValue) -> SyncdRecord:
        path = json.dumps(index, separators=(",", ":")).encode()
        data = SyncActionData(index=path, value=value, padding=b"", version=1)
        record = SyncdRecord()
        record.index.blob = hmac.digest(keys.index, path, hashlib.sha256)
        record.value.blob = keys.seal(data.SerializeToString(), self.key_id)
        record.keyID.ID = self.key_id
        return record

    def take(self, name: str, patch: bytes) -> int:
        """A device changes a setting itself: number its patch and keep it for every device."""
        # It comes without a number. The client must find it again, numbered, when it next fetches.
        theirs, collection = SyncdPatch.FromString(patch), self.collection(name)
        collection.account(list(theirs.mutations))
        theirs.version.version = collection.version
        collection.patches.append(theirs.SerializeToString())
        return collection.version


class _Keys:
    """The five keys that are derived from a shared one."""

    def __init__(self, key: bytes) -> None:
        derived = hkdf(key, None, b"WhatsApp Mutation Keys", 160)
        self.index, self.value, self.value_mac, self.snapshot_mac, self.patch_mac = (
            derived[at : at + 32] for at in range(0, 160, 32)
        )

    def seal(self, plain: bytes, key_id: bytes) -> bytes:
        iv, padder = os.urandom(16), PKCS7(128).padder()
        run = Cipher(algorithms.AES(self.value), modes.CBC(iv)).encryptor()
        sealed = iv + run.update(padder.update(plain) + padder.finalize()) + run.finalize()
        head = b"\x01" + key_id
        # The length that is signed counts the key id and the operation byte, 64 bits wide.
        signed = head + sealed + len(head).to_bytes(8, "big")
        return sealed + hmac.digest(self.value_mac, signed, hashlib.sha512)[:32]

    def snapshot(self, collection: Collection, name: str) -> bytes:
        signed = collection.sum + collection.version.to_bytes(8, "big") + name.encode()
        return hmac.digest(self.snapshot_mac, signed, hashlib.sha256)

    def patch(self, snapshot: bytes, macs: list[bytes], version: int, name: str) -> bytes:
        signed = snapshot + b"".join(macs) + version.to_bytes(8, "big") + name.encode()
        return hmac.digest(self.patch_mac, signed, hashlib.sha256)


def _lt_hash(total: bytes, add: bytes = b"", remove: bytes = b"") -> bytes:
    """Add or take away one value MAC, spread over 64 numbers of 16 bits that wrap around."""
    mac, sign = (add, 1) if add else (remove, -1)
    if not mac:
        return total
    spread = hkdf(mac, None, b"WhatsApp Patch Integrity", 128)
    out = bytearray()
    for at in range(0, 128, 2):
        here, there = (int.from_bytes(part[at : at + 2], "little") for part in (total, spread))
        out += ((here + sign * there) & 0xFFFF).to_bytes(2, "little")
    return bytes(out)
