"""What reaches a company's device: messages, receipts, typing, notices of the server."""

from __future__ import annotations

from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message

from loopback import ratchet
from loopback.content import media_kind
from loopback.phone import Phone
from loopback.phones import Company, Customer, Written, now
from loopback.switchboard import Switchboard
from loopback.wire import SERVER, Attribute, Jid, Node

# Phones give up after as many; the client stops asking as well.
RETRY_LIMIT = 4


def message_in(
    server: Switchboard,
    company: Company,
    sender: Phone,
    wa_id: str,
    message: Message,
    damaged: bool = False,
) -> None:
    """Encrypt *message* for the company's device and hand it over, or keep it until it comes."""
    addressing = sender.addressing if isinstance(sender, Customer) else "lid"
    attrs = {**address_of(sender, addressing), **_label(wa_id, message), "notify": sender.name}
    _hand_over(server, company, sender, attrs, message, damaged)


def own_message_in(
    server: Switchboard, company: Company, peer: Customer, wa_id: str, message: Message
) -> None:
    """What the company writes on its own phone reaches its linked device as a copy."""
    copy = Message()
    copy.deviceSentMessage.destinationJID = str(peer.lid_jid)
    copy.deviceSentMessage.message.CopyFrom(message)
    attrs: dict[str, Attribute] = {
        "from": company.lid_jid,
        "recipient": peer.lid_jid,
        "peer_recipient_pn": peer.phone_jid,
        **_label(wa_id, message),
        "notify": company.name,
    }
    _hand_over(server, company, company, attrs, copy)


def peer_message_in(server: Switchboard, company: Company, wa_id: str, message: Message) -> None:
    """From the company's phone to its own device, for machines: keys, settings, history."""
    attrs = {"from": company.lid_jid, **_label(wa_id, message), "category": "peer"}
    _hand_over(server, company, company, attrs, message)


def _label(wa_id: str, message: Message) -> dict[str, Attribute]:
    return {"id": wa_id, "type": "media" if media_kind(message) else "text", "t": now()}


def _hand_over(
    server: Switchboard,
    company: Company,
    sender: Phone,
    attrs: dict[str, Attribute],
    message: Message,
    damaged: bool = False,
) -> None:
    if company.companion is None:
        return
    plain, wa_id = message.SerializeToString(), str(attrs["id"])
    # Kept until the device settles it: it may ask for it again after a restart.
    company.written[wa_id] = Written(sender.lid_jid, attrs, plain)
    enc = sealed(company, sender, plain, damaged)
    if kind := media_kind(message):
        enc.attrs["mediatype"] = kind
    server.push(company, wa_id, Node("message", attrs, [enc]))


def again(server: Switchboard, company: Company, wa_id: str, count: str) -> None:
    """The device could not read it: start a new session and send the same message once more."""
    written = company.written.get(wa_id)
    sender = server.world.by_jid(written.sender) if written else None
    if written is None or sender is None or int(count or "1") > RETRY_LIMIT:
        return
    # The session may be what is broken: a retry always goes out with a new one.
    sender.retire(company.device_lid)
    enc = sealed(company, sender, written.plain)
    enc.attrs["count"] = count or "1"
    server.push(company, wa_id, Node("message", written.attrs, [enc]))


def address_of(sender: Phone, addressing: str = "lid") -> dict[str, Attribute]:
    hidden = isinstance(sender, Customer) and sender.hidden
    # The other address rides along, unless the number is hidden: then only the LID is told.
    if addressing == "pn":
        return {"from": sender.phone_jid, "sender_lid": sender.lid_jid}
    if hidden:
        return {"from": sender.lid_jid}
    return {"from": sender.lid_jid, "sender_pn": sender.phone_jid}


def sealed(company: Company, sender: Phone, plain: bytes, damaged: bool = False) -> Node:
    """*plain* as an ``enc`` that only the company's device opens."""
    assert company.companion is not None
    device = company.device_lid
    # Sessions are by LID whichever address the stanza shows, as in the client.
    if str(device) not in sender.sessions:
        bundle = company.companion.take_bundle()
        sender.begin(device, ratchet.begin(sender.identity, sender.registration, bundle))
    kind, data = sender.sessions[str(device)].encrypt(plain)
    if damaged:
        # Long enough to reach past the MAC into the ciphertext.
        data = data[:-12] + bytes(12)
    return Node("enc", {"v": "2", "type": kind}, data)


def receipt_in(
    server: Switchboard, company: Company, customer: Customer, wa_ids: list[str], kind: str
) -> None:
    """A customer's phone tells the company's device: delivered (""), read or played."""
    attrs = {"id": wa_ids[0], "t": now(), **address_of(customer, customer.addressing)}
    if kind:
        attrs["type"] = kind
    # The first id is the receipt's own, the others are items of its list.
    more = [Node("item", {"id": wa_id}) for wa_id in wa_ids[1:]]
    stanza = Node("receipt", attrs, [Node("list", {}, more)] if more else None)
    server.push(company, f"receipt {kind} {wa_ids[0]}", stanza)


def retry_in(server: Switchboard, company: Company, customer: Customer, wa_id: str) -> None:
    """A customer's phone could not read a message: ask for it again, with keys for a new session.

    Gives up after a few times, as phones do."""
    count = customer.retries.get(wa_id, 0) + 1
    if count > RETRY_LIMIT:
        return
    customer.retries[wa_id] = count
    # The keys go along, so that the device can begin a session without asking for them.
    retry = Node("retry", {"count": str(count), "id": wa_id, "t": now(), "v": "1"})
    attrs = {**address_of(customer), "id": wa_id, "type": "retry", "t": now()}
    registration = Node("registration", {}, customer.registration.to_bytes(4, "big"))
    # Without the registration, which is a child of the receipt itself.
    keys = Node("keys", {}, bundle_nodes(customer)[1:])
    server.push(
        company, f"receipt retry {wa_id}", Node("receipt", attrs, [retry, registration, keys])
    )


def bundle_nodes(phone: Phone) -> list[Node]:
    """A phone's public keys: registration, type, identity, signed prekey."""
    bundle = phone.bundle()
    signed = [
        Node("id", {}, bundle.signed_id.to_bytes(3, "big")),
        Node("value", {}, bundle.signed),
        Node("signature", {}, bundle.signature),
    ]
    return [
        Node("registration", {}, bundle.registration.to_bytes(4, "big")),
        Node("type", {}, b"\x05"),
        Node("identity", {}, bundle.identity),
        Node("skey", {}, signed),
    ]


def typing_in(server: Switchboard, company: Company, sender: Customer, state: str) -> None:
    """*state* is composing, recording or paused."""
    attrs = {"media": "audio"} if state == "recording" else {}
    tag = "paused" if state == "paused" else "composing"
    content = [Node(tag, dict(attrs))]
    server.push(company, "", Node("chatstate", address_of(sender, sender.addressing), content))


def notice_in(
    server: Switchboard, company: Company, kind: str, content: Node, sender: Jid = SERVER
) -> None:
    """A ``notification`` of *kind*, kept until the device has confirmed it."""
    number = server.next_notice()
    attrs: dict[str, Attribute] = {"from": sender, "type": kind, "id": number, "t": now()}
    server.push(company, f"notification {number}", Node("notification", attrs, [content]))
