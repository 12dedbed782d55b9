"""WhatsApp's file store: encrypted blobs by HTTP, and the keys with which phones read them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message

from loopback.content import MEDIA, media_kind
from loopback.keys import hkdf

HOST = "mmg.whatsapp.net"
BLOB_LIMIT = 64 << 20
# The kind is part of the key: a file sent as another kind cannot be opened.
_INFO = {
    "image": b"WhatsApp Image Keys",
    "sticker": b"WhatsApp Image Keys",
    "video": b"WhatsApp Video Keys",
    "audio": b"WhatsApp Audio Keys",
    "document": b"WhatsApp Document Keys",
}
_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 503: "Service Unavailable"}
_MAC = 10


class Damaged(Exception):
    """A blob is missing, or is not what its message says."""


class MediaHost:
    """Blobs in *folder* by the hash of their ciphertext. Statuses in `failures` come first, one
    for each request."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.failures: list[int] = []
        self.uploads = self.downloads = 0

    def put(self, blob: bytes) -> str:
        """Keep *blob* and return its direct path."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        token = _token(hashlib.sha256(blob).digest())
        (self.folder / token).write_bytes(blob)
        # A direct path must have a query: the client appends to it with &.
        return f"/v/{token}?ccb=1"

    def get(self, path: str) -> bytes | None:
        file = self.folder / Path(urlsplit(path).path).name
        return file.read_bytes() if file.is_file() else None

    async def serve(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        line: str,
        fields: dict[str, str],
    ) -> None:
        """Answer requests on one connection until the client closes it."""
        while True:
            # Refused before it is read: a test's mistake must not fill the memory.
            size = int(fields.get("content-length", "0"))
            if size > BLOB_LIMIT:
                raise ValueError("blob too big")
            method, target, _ = line.split(" ")
            status, body = self._answer(method, target, await reader.readexactly(size))
            head = f"HTTP/1.1 {status} {_REASONS.get(status, '')}\r\nContent-Length: {len(body)}"
            writer.write(head.encode() + b"\r\n\r\n" + body)
            await writer.drain()
            line, fields = await headers(reader)

    def _answer(self, method: str, target: str, body: bytes) -> tuple[int, bytes]:
        if self.failures:
            return self.failures.pop(0), b""
        if method == "POST":
            return self._uploaded(Path(urlsplit(target).path).name, body)
        self.downloads += 1
        blob = self.get(target)
        return (404, b"") if blob is None else (200, blob)

    def _uploaded(self, token: str, body: bytes) -> tuple[int, bytes]:
        # The client names the upload by the hash of its ciphertext.
        if token != _token(hashlib.sha256(body).digest()):
            return 400, b""
        self.uploads += 1
        path = self.put(body)
        answer = {
            "url": f"https://{HOST}{path}",
            "direct_path": path,
            "handle": "",
            "object_id": "",
        }
        return 200, json.dumps(answer).encode()

    def attach(self, message: Message, data: bytes) -> Message:
        """Encrypt and keep *data*, and fill in what the file part of *message* must say of it."""
        part = _part(message)
        part.mediaKey = os.urandom(32)
        blob = encrypt(data, part.mediaKey, kind_of(message))
        part.fileSHA256, part.fileLength = hashlib.sha256(data).digest(), len(data)
        part.fileEncSHA256 = hashlib.sha256(blob).digest()
        part.directPath = self.put(blob)
        part.URL = f"https://{HOST}{part.directPath}"
        return message

    def open(self, message: Message) -> bytes:
        """The file of *message*, as its receiver's phone reads it. Raises Damaged."""
        part = _part(message)
        blob = self.get(part.directPath)
        if blob is None or hashlib.sha256(blob).digest() != part.fileEncSHA256:
            raise Damaged("no such blob")
        data = decrypt(blob, part.mediaKey, kind_of(message))
        if hashlib.sha256(data).digest() != part.fileSHA256 or len(data) != part.fileLength:
            raise Damaged("another file")
        return data


def encrypt(data: bytes, key: bytes, kind: str) -> bytes:
    iv, cipher_key, mac_key = _keys(key, kind)
    padder = PKCS7(128).padder()
    run = Cipher(algorithms.AES(cipher_key), modes.CBC(iv)).encryptor()
    sealed = run.update(padder.update(data) + padder.finalize()) + run.finalize()
    # The IV is covered by the MAC but not sent: it is derived from the media key.
    return sealed + hmac.digest(mac_key, iv + sealed, hashlib.sha256)[:_MAC]


def decrypt(blob: bytes, key: bytes, kind: str) -> bytes:
    """Raises Damaged when the MAC is not ours."""
    iv, cipher_key, mac_key = _keys(key, kind)
    sealed, mac = blob[:-_MAC], blob[-_MAC:]
    if not hmac.compare_digest(hmac.digest(mac_key, iv + sealed, hashlib.sha256)[:_MAC], mac):
        raise Damaged("bad MAC")
    run, unpadder = (
        Cipher(algorithms.AES(cipher_key), modes.CBC(iv)).decryptor(),
        PKCS7(128).unpadder(),
    )
    return unpadder.update(run.update(sealed) + run.finalize()) + unpadder.finalize()


def kind_of(message: Message) -> str:
    """The kind whose keys encrypt the file: a voice note is audio."""
    kind = media_kind(message)
    return "audio" if kind == "ptt" else kind


def _keys(key: bytes, kind: str) -> tuple[bytes, bytes, bytes]:
    derived = hkdf(key, None, _INFO[kind], 112)
    # IV, cipher key, MAC key; the last 32 bytes are a reference key that nobody uses.
    return derived[:16], derived[16:48], derived[48:80]


def _part(message: Message):  # type: ignore[no-untyped-def]
    """The image, audio or other file part: their protobufs share these fields, not a type."""
    return getattr(message, next(name for name in MEDIA if message.HasField(name)))


def _token(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode()


async def headers(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]]:
    """The next request's first line, and its fields by lower-case name."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in head[1:] if line)
    return head[0], {name.strip().lower(): value.strip() for name, _, value in pairs}
