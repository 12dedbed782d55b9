"""Messages, receipts and typing between a company's device and the software phones."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message

from whatsapp.loopback import ratchet
from whatsapp.loopback.phones import Bubble, Company, Customer, Phone, now
from whatsapp.loopback.wire import Attribute, Jid, Node

if TYPE_CHECKING:
    from whatsapp.loopback.link import Link
    from whatsapp.loopback.server import LoopbackServer

logger = logging.getLogger(__name__)

TICKS = ("", "delivered", "read", "played")


async def message_out(link: Link, company: Company, node: Node) -> None:
    """The company's device sends: acknowledge first, so that no receipt overtakes the ack."""
    faults = company.faults
    if faults.drop_before_ack:
        faults.drop_before_ack -= 1
        link.socket.abort()
        return
    if faults.hold_acks:
        faults.hold_acks -= 1
    elif not _acknowledge(link, company, node):
        return
    await asyncio.sleep(0)
    for wanted in _recipients(node):
        to, enc = wanted.jid("jid"), wanted.child("enc")
        phone = link.world.by_jid(to.bare)
        if isinstance(phone, Customer) and enc:
            _received(link.server, company, phone, node.text("id"), enc)


def _acknowledge(link: Link, company: Company, node: Node) -> bool:
    attrs: dict[str, Attribute] = {
        "class": "message",
        "id": node.text("id"),
        "from": node.jid("to"),
        "t": now(),
    }
    refused = company.faults.ack_errors > 0
    if refused:
        company.faults.ack_errors -= 1
        attrs["error"] = company.faults.ack_error
    link.send(Node("ack", attrs))
    return not refused


def _recipients(node: Node) -> list[Node]:
    """The ``to`` nodes; a re-sent copy for one device carries its ``enc`` directly."""
    if participants := node.child("participants"):
        return participants.children
    return [Node("to", {"jid": node.jid("to")}, node.content)]


def _received(
    server: LoopbackServer, company: Company, customer: Customer, wa_id: str, enc: Node
) -> None:
    customer.received[wa_id] = customer.received.get(wa_id, 0) + 1
    try:
        message = customer.decrypt(company.device_lid, enc.text("type"), enc.data)
    except ratchet.NotDecryptable as error:
        customer.undecryptable += 1
        logger.info("%s cannot read %s: %s", customer.name, wa_id, error)
        return
    bubble = Bubble(wa_id, text_of(message), time.time(), False, message.SerializeToString())
    customer.thread.append(bubble)
    if customer.auto_receipts:
        receipt_in(server, company, customer, [wa_id], "")
    server.changed()
    server.heard(company, customer, bubble)


def text_of(message: Message) -> str:
    return message.conversation or message.extendedTextMessage.text


def receipt_in(
    server: LoopbackServer, company: Company, customer: Customer, wa_ids: list[str], kind: str
) -> None:
    """A customer's phone tells the company's device: delivered (""), read or played."""
    attrs = {"id": wa_ids[0], "t": now(), **_sender(customer, customer.addressing)}
    if kind:
        attrs["type"] = kind
    more = [Node("item", {"id": wa_id}) for wa_id in wa_ids[1:]]
    stanza = Node("receipt", attrs, [Node("list", {}, more)] if more else None)
    server.push(company, f"receipt {kind} {wa_ids[0]}", stanza)


def receipt_out(link: Link, company: Company, node: Node) -> None:
    """The device confirms what it received, or asks for it again, or says that it was read."""
    kind, to = node.text("type"), node.jid("to")
    attrs: dict[str, Attribute] = {
        "class": "receipt",
        "id": node.text("id"),
        "from": to,
        "t": now(),
    }
    link.send(Node("ack", attrs | ({"type": kind} if kind else {})))
    ids = [node.text("id"), *(item.text("id") for item in _items(node))]
    customer = link.world.by_jid(to.bare)
    if kind == "retry":
        _again(link.server, company, node.text("id"))
    elif kind in ("", "inactive", "sender"):
        _settled(link.server, company, customer, ids)
    elif isinstance(customer, Customer):
        _tick(customer, ids, "played" if kind.startswith("played") else "read")


def acknowledged(company: Company, ack: Node) -> None:
    """The device has taken a receipt, or refused a message: neither is sent again."""
    wa_id = ack.text("id")
    for key in [key for key in company.pending if key.split(" ")[-1] == wa_id]:
        del company.pending[key]


def _items(node: Node) -> list[Node]:
    listed = node.child("list")
    return listed.children if listed else []


def _settled(
    server: LoopbackServer, company: Company, customer: Phone | None, ids: list[str]
) -> None:
    for wa_id in ids:
        company.pending.pop(wa_id, None)
        company.settled.setdefault(wa_id, time.time())
    if isinstance(customer, Customer):
        _tick(customer, ids, "delivered")
    server.changed()


def _tick(customer: Customer, ids: list[str], ticks: str) -> None:
    for bubble in customer.thread:
        if bubble.mine and bubble.wa_id in ids and TICKS.index(ticks) > TICKS.index(bubble.ticks):
            bubble.ticks = ticks


def typing_out(link: Link, company: Company, node: Node) -> None:
    customer = link.world.by_jid(node.jid("to").bare)
    if isinstance(customer, Customer):
        link.server.typing_seen[customer.number] = node.children[0].tag


def message_in(
    server: LoopbackServer,
    company: Company,
    sender: Phone,
    wa_id: str,
    message: Message,
    damaged: bool = False,
) -> None:
    """Encrypt *message* for the company's device and hand it over, or keep it until it comes."""
    if company.companion is None:
        return
    plain = message.SerializeToString()
    company.plain[wa_id] = (sender.lid, plain)
    stanza = Node("message", _envelope(sender, wa_id), [_enc(company, sender, plain, damaged)])
    company.pending[wa_id] = stanza
    server.push(company, wa_id, stanza, keep=True)


def own_message_in(
    server: LoopbackServer, company: Company, peer: Customer, wa_id: str, message: Message
) -> None:
    """What the company writes on its own phone reaches its linked device as a copy."""
    if company.companion is None:
        return
    copy = Message()
    copy.deviceSentMessage.destinationJID = str(peer.lid_jid)
    copy.deviceSentMessage.message.CopyFrom(message)
    plain = copy.SerializeToString()
    company.plain[wa_id] = (company.lid, plain)
    attrs: dict[str, Attribute] = {
        "from": company.lid_jid,
        "recipient": peer.lid_jid,
        "peer_recipient_pn": peer.phone_jid,
        "id": wa_id,
        "type": "text",
        "t": now(),
        "notify": company.name,
    }
    stanza = Node("message", attrs, [_enc(company, company, plain, False)])
    company.pending[wa_id] = stanza
    server.push(company, wa_id, stanza, keep=True)


def _envelope(sender: Phone, wa_id: str) -> dict[str, Attribute]:
    addressing = sender.addressing if isinstance(sender, Customer) else "lid"
    return {
        **_sender(sender, addressing),
        "id": wa_id,
        "type": "text",
        "t": now(),
        "notify": sender.name,
    }


def _sender(sender: Phone, addressing: str) -> dict[str, Attribute]:
    hidden = isinstance(sender, Customer) and sender.hidden
    if addressing == "pn":
        return {"from": sender.phone_jid, "sender_lid": sender.lid_jid}
    if hidden:
        return {"from": sender.lid_jid}
    return {"from": sender.lid_jid, "sender_pn": sender.phone_jid}


def _enc(company: Company, sender: Phone, plain: bytes, damaged: bool) -> Node:
    assert company.companion is not None
    key = str(company.device_lid)
    if key not in sender.sessions:
        bundle = company.companion.take_bundle()
        sender.sessions[key] = ratchet.begin(sender.identity, sender.registration, bundle)
    kind, data = sender.sessions[key].encrypt(plain)
    if damaged:
        data = data[:-12] + bytes(12)
    return Node("enc", {"v": "2", "type": kind}, data)


def _again(server: LoopbackServer, company: Company, wa_id: str) -> None:
    """The device could not read it: start a new session and send the same message once more."""
    sender_lid, plain = company.plain.get(wa_id, ("", b""))
    sender = server.world.by_jid(Jid(sender_lid, "lid"))
    stanza = company.pending.get(wa_id)
    if sender is None or stanza is None:
        return
    sender.sessions.pop(str(company.device_lid), None)
    enc = _enc(company, sender, plain, False)
    enc.attrs["count"] = "1"
    fresh = Node("message", stanza.attrs, [enc])
    company.pending[wa_id] = fresh
    server.push(company, wa_id, fresh, keep=True)


def typing_in(server: LoopbackServer, company: Company, sender: Customer, state: str) -> None:
    """*state* is composing, recording or paused."""
    attrs = {"media": "audio"} if state == "recording" else {}
    tag = "paused" if state == "paused" else "composing"
    node = Node("chatstate", dict(_sender(sender, sender.addressing)), [Node(tag, dict(attrs))])
    server.push(company, "", node)
