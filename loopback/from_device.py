"""What a company's device sends: messages for the software phones, receipts, acks, typing."""

from __future__ import annotations

import asyncio
import logging
import time

from loopback import ratchet, to_device
from loopback.content import text_of
from loopback.link import Link
from loopback.phone import Phone
from loopback.phones import Bubble, Company, Customer, now
from loopback.switchboard import Switchboard
from loopback.wire import Attribute, Node

logger = logging.getLogger(__name__)

TICKS = ("", "delivered", "read", "played")
# Kinds of receipt that say: this device has the message.
_HAVING = ("", "inactive", "sender", "peer_msg", "hist_sync")


async def message_out(server: Switchboard, link: Link, company: Company, node: Node) -> None:
    """The device sends: acknowledge first, so that no receipt overtakes the ack."""
    faults = company.faults
    if faults.take("drop_before_ack"):
        link.socket.abort()
        return
    if faults.take("drop_after_delivery"):
        _deliver(server, company, node)
        link.socket.abort()
        return
    if faults.take("hold_acks"):
        link.held_acks.append(node)
    elif not acknowledge(link, company, node):
        return
    # Let the acknowledgement leave first: a receipt that comes before it is another case.
    await asyncio.sleep(0)
    _deliver(server, company, node)


def _deliver(server: Switchboard, company: Company, node: Node) -> None:
    # Our own other devices and people unknown to this world are passed over.
    for wanted in _recipients(node):
        enc, phone = wanted.child("enc"), server.world.by_jid(wanted.jid("jid").bare)
        if isinstance(phone, Customer) and enc:
            _received(server, company, phone, node.text("id"), enc)


def acknowledge(link: Link, company: Company, node: Node) -> bool:
    """Tell the device that the server has its message; False when it is told an error instead."""
    attrs: dict[str, Attribute] = {
        "class": "message",
        "id": node.text("id"),
        "from": node.jid("to"),
        "t": now(),
    }
    refused = company.faults.take("ack_errors")
    if refused:
        attrs["error"] = company.faults.ack_error
    link.send(Node("ack", attrs))
    return not refused


def _recipients(node: Node) -> list[Node]:
    """The ``to`` nodes; a re-sent copy for one device carries its ``enc`` directly."""
    if participants := node.child("participants"):
        return participants.children
    return [Node("to", {"jid": node.jid("to")}, node.content)]


def _received(
    server: Switchboard, company: Company, customer: Customer, wa_id: str, enc: Node
) -> None:
    customer.received[wa_id] = customer.received.get(wa_id, 0) + 1
    try:
        message = customer.decrypt(company.device_lid, enc.text("type"), enc.data)
    except ratchet.NotDecryptable as error:
        logger.info("%s cannot read %s: %s", customer.name, wa_id, error)
        _unreadable(server, company, customer, wa_id)
        return
    bubble = Bubble(wa_id, text_of(message), time.time(), False, message.SerializeToString())
    _show(customer, bubble)
    if customer.auto_receipts:
        to_device.receipt_in(server, company, customer, [wa_id], "")
    server.changed()
    server.heard(company, customer, bubble)


def _unreadable(server: Switchboard, company: Company, customer: Customer, wa_id: str) -> None:
    """A second copy of what was read is dropped; the rest is a placeholder, asked for again."""
    known = customer.bubbles.get(wa_id)
    # After a reconnect the client sends the same frame again: no second bubble.
    if known is not None and known.readable:
        return
    customer.undecryptable += 1
    if known is None:
        customer.add(Bubble(wa_id, "", time.time(), mine=False, readable=False))
    if customer.asks_again:
        to_device.retry_in(server, company, customer, wa_id)


def _show(customer: Customer, bubble: Bubble) -> None:
    # A retry fills the placeholder where it stands.
    if placeholder := customer.bubbles.get(bubble.wa_id):
        placeholder.text, placeholder.raw, placeholder.readable = bubble.text, bubble.raw, True
    else:
        customer.add(bubble)


def receipt_out(server: Switchboard, link: Link, company: Company, node: Node) -> None:
    """The device confirms what it received, or asks for it again, or says that it was read."""
    if company.faults.take("drop_at_receipt"):
        link.socket.abort()
        return
    kind, to, wa_id = node.text("type"), node.jid("to"), node.text("id")
    attrs: dict[str, Attribute] = {"class": "receipt", "id": wa_id, "from": to, "t": now()}
    # Every receipt is acknowledged, or the client sends it again at the next login.
    link.send(Node("ack", attrs | ({"type": kind} if kind else {})))
    listed = node.child("list")
    ids = [wa_id, *(item.text("id") for item in (listed.children if listed else []))]
    customer = server.world.by_jid(to.bare)
    if kind == "retry":
        retry = node.child("retry")
        to_device.again(server, company, wa_id, retry.text("count") if retry else "")
    elif kind in _HAVING:
        _settled(server, company, customer, ids)
    elif isinstance(customer, Customer):
        _tick(customer, ids, "played" if kind.startswith("played") else "read")


def acknowledged(company: Company, ack: Node) -> None:
    """The device has taken a receipt or a notice, or refused a message: none is sent again."""
    wa_id = ack.text("id")
    match ack.text("class"):
        case "receipt":
            company.pending.pop(f"receipt {ack.text('type')} {wa_id}", None)
        case "notification":
            company.pending.pop(f"notification {wa_id}", None)
        case _:
            company.pending.pop(wa_id, None)


def _settled(server: Switchboard, company: Company, customer: Phone | None, ids: list[str]) -> None:
    # Settled: WhatsApp would never send it again, so from here on a loss is for good.
    for wa_id in ids:
        company.pending.pop(wa_id, None)
        company.written.pop(wa_id, None)
        company.settled.setdefault(wa_id, time.time())
    if isinstance(customer, Customer):
        _tick(customer, ids, "delivered")
    server.changed()


def _tick(customer: Customer, ids: list[str], ticks: str) -> None:
    for wa_id in ids:
        bubble = customer.bubbles.get(wa_id)
        # Ticks only go forward, in whatever order the receipts come.
        if bubble and bubble.mine and TICKS.index(ticks) > TICKS.index(bubble.ticks):
            bubble.ticks = ticks


def typing_out(server: Switchboard, company: Company, node: Node) -> None:
    customer = server.world.by_jid(node.jid("to").bare)
    if isinstance(customer, Customer):
        server.typing_seen[customer.number] = node.children[0].tag


def presence_out(company: Company, node: Node) -> None:
    company.presence = node.text("type") or company.presence
    company.shown_name = node.text("name") or company.shown_name
