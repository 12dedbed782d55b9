from __future__ import annotations

import pytest

from loopback import ratchet
from loopback.phones import Customer
from loopback.wire import Jid, Node, decode, encode

LONG = "x" * 300


@pytest.mark.parametrize(
    "node",
    [
        Node("iq"),
        Node("message", {"id": "3A01", "from": Jid("551199", "s.whatsapp.net"), "type": "text"}),
        Node("message", {"from": Jid("200", "lid", 3), "odd": LONG}, b"\x00\xff" * 200),
        Node("list", {}, [Node("item", {"id": str(n)}) for n in range(300)]),
    ],
)
def test_a_node_comes_back_as_it_went(node: Node) -> None:
    assert decode(encode(node)) == node


@pytest.mark.parametrize("frame", [b"\x00\xf8\x05", b"\x00\xfc\xff"])
def test_a_cut_frame_is_refused(frame: bytes) -> None:
    with pytest.raises((ValueError, IndexError)):
        decode(frame)


def _talk() -> tuple[ratchet.Session, Customer, Jid]:
    ana, bob = Customer("1", "1", "Ana"), Customer("2", "2", "Bob")
    return ratchet.begin(ana.identity, ana.registration, bob.bundle()), bob, ana.lid_jid


def test_messages_open_in_any_order_and_once() -> None:
    session, bob, ana = _talk()
    from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message

    sent = [session.encrypt(Message(conversation=str(n)).SerializeToString()) for n in range(5)]
    for n in (0, 3, 1, 2, 4):
        assert bob.decrypt(ana, *sent[n]).conversation == str(n)
    with pytest.raises(ratchet.NotDecryptable):
        bob.decrypt(ana, *sent[3])


def test_a_damaged_message_is_refused() -> None:
    session, bob, ana = _talk()
    kind, data = session.encrypt(b"\x0a\x01x")
    with pytest.raises(ratchet.NotDecryptable):
        bob.decrypt(ana, kind, data[:-9] + bytes(9))
