"""WhatsApp's binary XML: nodes to bytes and back (whatsmeow's binary/ package is the source).

An attribute that is an address must travel as an address, not as a string: the client type-checks.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias

PHONE, LID = "s.whatsapp.net", "lid"

_TOKENS = json.loads((Path(__file__).parent / "tokens.json").read_text())
_SINGLE: list[str] = _TOKENS["single"]
_DOUBLE: list[list[str]] = _TOKENS["double"]
_SINGLE_OF = {token: index for index, token in enumerate(_SINGLE) if token}
_DOUBLE_OF = {token: (d, i) for d, words in enumerate(_DOUBLE) for i, token in enumerate(words)}

# A value's first byte: below 236 it is a token of one byte; the rest say what follows.
_EMPTY, _DICTIONARY_0, _AD_JID, _LIST8, _LIST16 = 0, 236, 247, 248, 249
_JID_PAIR, _HEX8, _BIN8, _BIN20, _BIN32, _NIBBLE8 = 250, 251, 252, 253, 254, 255
_INTEROP_JID, _FB_JID = 245, 246
# Two characters a byte, for telephones and ids. The last four nibbles stand for nothing;
# 15 fills up an odd count.
_NIBBLES, _HEX = "0123456789-.\0\0\0\0", "0123456789ABCDEF"
# The byte that tells a device's address apart; 128 and 129 are accounts hosted by WhatsApp,
# which we read and never write.
_AGENTS = {PHONE: 0, LID: 1}
_SERVERS = {0: PHONE, 1: LID, 128: "hosted", 129: "hosted.lid"}


class Jid(NamedTuple):
    """An address: user digits, server, and the device for one of a user's devices (0: phone)."""

    user: str
    server: str
    device: int = 0

    @property
    def bare(self) -> Jid:
        return Jid(self.user, self.server)

    def __str__(self) -> str:
        device = f":{self.device}" if self.device else ""
        return f"{self.user}{device}@{self.server}"


# How the server names itself: a pair with an empty user.
SERVER = Jid("", PHONE)
Attribute: TypeAlias = str | Jid


@dataclass
class Node:
    """One element. `content` is children, bytes, or None."""

    tag: str
    attrs: dict[str, Attribute] = field(default_factory=dict)
    content: list[Node] | bytes | None = None

    @property
    def children(self) -> list[Node]:
        return self.content if isinstance(self.content, list) else []

    @property
    def data(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else b""

    def child(self, tag: str) -> Node | None:
        return next((node for node in self.children if node.tag == tag), None)

    def text(self, name: str) -> str:
        return str(self.attrs.get(name, ""))

    def jid(self, name: str) -> Jid:
        value = self.attrs.get(name)
        return value if isinstance(value, Jid) else Jid("", "")


def encode(node: Node) -> bytes:
    """Return a frame's plaintext: a flags byte (0: not compressed) and the node."""
    out = bytearray(b"\0")
    _write_node(out, node)
    return bytes(out)


def decode(frame: bytes) -> Node:
    """Return the node of a frame's plaintext. Raises ValueError or IndexError for other bytes."""
    # The second bit of the flags byte says that the rest is compressed.
    body = zlib.decompress(frame[1:]) if frame[0] & 2 else frame[1:]
    return _Reader(body).node()


def _write_node(out: bytearray, node: Node) -> None:
    # A node is one flat list: its tag, each key and value, and its content if it has any. So an
    # even size says that content follows.
    _write_list_size(out, 1 + 2 * len(node.attrs) + (node.content is not None))
    _write_string(out, node.tag)
    for key, value in node.attrs.items():
        _write_string(out, key)
        if isinstance(value, Jid):
            _write_jid(out, value)
        else:
            _write_string(out, value)
    if isinstance(node.content, bytes):
        _write_bytes(out, node.content)
    elif node.content is not None:
        _write_list_size(out, len(node.content))
        for child in node.content:
            _write_node(out, child)


def _write_list_size(out: bytearray, size: int) -> None:
    if size == 0:
        out.append(_EMPTY)
    elif size < 256:
        out += bytes((_LIST8, size))
    else:
        out += bytes((_LIST16,)) + size.to_bytes(2, "big")


def _write_string(out: bytearray, text: str) -> None:
    if text in _SINGLE_OF:
        out.append(_SINGLE_OF[text])
    elif text in _DOUBLE_OF:
        dictionary, index = _DOUBLE_OF[text]
        out += bytes((_DICTIONARY_0 + dictionary, index))
    else:
        _write_bytes(out, text.encode())


def _write_bytes(out: bytearray, data: bytes) -> None:
    if len(data) < 256:
        out += bytes((_BIN8, len(data)))
    elif len(data) < 1 << 20:
        out += bytes((_BIN20,)) + len(data).to_bytes(3, "big")
    else:
        out += bytes((_BIN32,)) + len(data).to_bytes(4, "big")
    out += data


def _write_jid(out: bytearray, jid: Jid) -> None:
    # Only a linked device travels with agent and device; the phone itself is a plain pair.
    if jid.device:
        out += bytes((_AD_JID, _AGENTS[jid.server], jid.device))
        _write_string(out, jid.user)
        return
    out.append(_JID_PAIR)
    if jid.user:
        _write_string(out, jid.user)
    else:
        out.append(_EMPTY)
    _write_string(out, jid.server)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def number(self, size: int) -> int:
        self.at += size
        if self.at > len(self.data):
            raise ValueError("frame ends too early")
        return int.from_bytes(self.data[self.at - size : self.at], "big")

    def take(self, size: int) -> bytes:
        self.at += size
        if self.at > len(self.data):
            raise ValueError("frame ends too early")
        return self.data[self.at - size : self.at]

    def list_size(self, tag: int) -> int:
        if tag == _EMPTY:
            return 0
        return self.number(1 if tag == _LIST8 else 2)

    def node(self) -> Node:
        size = self.list_size(self.number(1))
        tag = _text(self.value())
        attrs: dict[str, Attribute] = {}
        for _ in range((size - 1) // 2):
            key = _text(self.value())
            value = self.value()
            attrs[key] = value if isinstance(value, Jid) else _text(value)
        # An odd size is tag and attributes alone.
        return Node(tag, attrs, self.content() if size % 2 == 0 else None)

    def content(self) -> list[Node] | bytes | None:
        tag = self.number(1)
        if tag in (_EMPTY, _LIST8, _LIST16):
            # An empty list is no content, as the client's own decoder has it.
            return [self.node() for _ in range(self.list_size(tag))] or None
        # Not a list after all: read the same byte again as the head of a value.
        self.at -= 1
        value = self.value()
        return value if isinstance(value, bytes) else str(value).encode()

    def value(self) -> str | bytes | Jid:
        tag = self.number(1)
        match tag:
            case 0:
                return ""
            case _ if 1 <= tag < _DICTIONARY_0:
                return _SINGLE[tag]
            case _ if tag < _DICTIONARY_0 + 4:
                return _DOUBLE[tag - _DICTIONARY_0][self.number(1)]
            case 252 | 253 | 254:
                return self.take(self.number({_BIN8: 1, _BIN20: 3, _BIN32: 4}[tag]))
            case 251 | 255:
                return self.packed(_HEX if tag == _HEX8 else _NIBBLES)
            case _:
                return self.address(tag)

    def address(self, tag: int) -> Jid:
        if tag == _AD_JID:
            agent, device = self.number(1), self.number(1)
            return Jid(_text(self.value()), _SERVERS[agent], device)
        if tag == _JID_PAIR:
            return Jid(_text(self.value()), _text(self.value()))
        raise ValueError(f"unknown tag {tag}")

    def packed(self, alphabet: str) -> str:
        head = self.number(1)
        packed = self.take(head & 127)
        text = "".join(alphabet[byte >> 4] + alphabet[byte & 15] for byte in packed)
        # The high bit of the length says that the last nibble is filling.
        return text[:-1] if head & 128 else text


def _text(value: str | bytes | Jid) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
