"""What a client goes through on its link: pairing by QR, login, then stanzas both ways."""

from __future__ import annotations

import asyncio
import secrets

from neonize.proto.waWa6.WAWebProtobufsWa6_pb2 import ClientPayload

from loopback import from_device, queries, to_device
from loopback.adv import Code, certify
from loopback.link import Link, fresh_id
from loopback.phones import Companion, Company, now
from loopback.switchboard import Switchboard
from loopback.wire import SERVER, Jid, Node

# A refusal that comes at once can be missed by the client for ever (its library's own race).
REFUSAL_DELAY = 0.3
PASSKEY = b'{"challenge":"AAAA","rpId":"whatsapp.com","timeout":60000,"allowCredentials":[]}'


class Login:
    """The server's conduct of every link."""

    def __init__(self, server: Switchboard) -> None:
        self.server = server

    async def opened(self, link: Link) -> None:
        if link.payload.HasField("devicePairingData"):
            offer_codes(self.server, link)
        else:
            await log_in(self.server, link, link.payload)

    async def received(self, link: Link, node: Node) -> None:
        server, company = self.server, link.company
        match node.tag:
            case "iq" if node.text("type") in ("get", "set"):
                question(server, link, node)
            case "iq" if signed := node.child("pair-device-sign"):
                await paired(server, link, signed)
            case "message" if company:
                await from_device.message_out(server, link, company, node)
            case "receipt" if company:
                from_device.receipt_out(server, link, company, node)
            case "chatstate" if company:
                from_device.typing_out(server, company, node)
            case "ack" if company:
                from_device.acknowledged(company, node)
            case "presence" if company:
                from_device.presence_out(company, node)

    def closed(self, link: Link) -> None:
        self.server.gone(link)


def offer_codes(server: Switchboard, link: Link) -> None:
    """Send the six references of which the client makes its QR codes."""
    # The client shows the first for 60 s and each other for 20 s, then gives up.
    link.refs = [f"2@{secrets.token_urlsafe(24)}" for _ in range(6)]
    server.pairing_links.append(link)
    refs = [Node("ref", {}, ref.encode()) for ref in link.refs]
    attrs: dict[str, str | Jid] = {"from": SERVER, "type": "set", "id": "1", "xmlns": "md"}
    link.send(Node("iq", attrs, [Node("pair-device", {}, refs)]))


def scanned(link: Link, company: Company, code: Code) -> None:
    """The company's phone read this client's QR: certify the device, or ask for a passkey."""
    if company.faults.passkey:
        _ask_for_passkey(link)
        return
    device = company.next_device
    company.next_device += 1
    link.pairing = company, _companion(link.payload, device, code)
    jids: dict[str, str | Jid] = {
        "jid": Jid(company.number, "s.whatsapp.net", device),
        "lid": Jid(company.lid, "lid", device),
    }
    success = [
        Node("device-identity", {}, certify(company.identity, code, device)),
        Node("device", jids),
        Node("platform", {"name": "android"}),
    ]
    attrs: dict[str, str | Jid] = {"from": SERVER, "type": "set", "id": "2", "xmlns": "md"}
    link.send(Node("iq", {**attrs, "t": now()}, [Node("pair-success", {}, success)]))


def _companion(payload: ClientPayload, device: int, code: Code) -> Companion:
    data = payload.devicePairingData
    return Companion(
        device=device,
        noise=code.noise,
        identity=code.identity,
        registration=int.from_bytes(data.eRegid, "big"),
        signed_id=int.from_bytes(data.eSkeyID, "big"),
        signed=data.eSkeyVal,
        signature=data.eSkeySig,
    )


def _ask_for_passkey(link: Link) -> None:
    """The account is one of those that must prove a passkey before a device is linked."""
    options = Node("passkey_request_options", {}, PASSKEY)
    attrs: dict[str, str | Jid] = {"from": SERVER, "type": "passkey_prologue_request"}
    link.send(Node("notification", {**attrs, "id": "3", "t": now()}, [options]))


async def paired(server: Switchboard, link: Link, signed: Node) -> None:
    """The client countersigned: it is the company's device now, and must connect anew."""
    assert link.pairing is not None
    company, companion = link.pairing
    identity = signed.child("device-identity")
    companion.certificate = identity.data if identity else b""
    company.companion, company.pending, company.written = companion, {}, {}
    server.changed()
    # 515: restart. The client connects again at once, and logs in as the device it is now.
    await link.end(Node("stream:error", {"code": "515"}))


async def log_in(server: Switchboard, link: Link, payload: ClientPayload) -> None:
    """Let a paired device in, or refuse it with its company's fault or 401."""
    company = server.world.companies.get(str(payload.username))
    companion = company.companion if company else None
    refusal = company.faults.refuse if company else None
    # A login must bring the Noise key of the QR it was paired with.
    known = companion and (companion.device, companion.noise) == (payload.device, link.noise_key)
    if not known:
        refusal = {"reason": "401"}
    if refusal:
        await asyncio.sleep(REFUSAL_DELAY)
        await link.end(Node("failure", dict(refusal)))
        return
    assert company is not None
    link.company = company
    company.logins += 1
    # Before it hears of success: two links of one device at once is what WhatsApp never allows.
    await server.replace(link)
    link.send(Node("success", {"t": now(), "lid": company.device_lid, "location": "frc"}))


def question(server: Switchboard, link: Link, iq: Node) -> None:
    """Answer an iq; the one that makes the device active brings what waited for it."""
    result = queries.answer(server, link, iq)
    if result is not None:
        link.send(result)
    # Connected, for the client, is the answer to this question.
    if iq.text("xmlns") == "passive" and link.company:
        if not link.company.faults.hold_app_state:
            share_keys(server, link.company)
        _deliver_backlog(server, link, link.company)


def _deliver_backlog(server: Switchboard, link: Link, company: Company) -> None:
    """What came while nobody was connected, in order, and then the live traffic."""
    count = str(len(company.pending))
    # Announced first: the client counts what follows against it.
    names = ("count", "message", "receipt", "notification", "appdata")
    preview = dict.fromkeys(names, "0") | {"count": count, "message": count}
    link.send(Node("ib", {"from": SERVER}, [Node("offline_preview", dict(preview))]))
    for stanza in list(company.pending.values()):
        link.send(Node(stanza.tag, {**stanza.attrs, "offline": "i"}, stanza.content))
    link.send(Node("ib", {"from": SERVER}, [Node("offline", {"count": count})]))
    # Only now: what is pushed while the backlog goes out must not overtake it.
    server.links[company.number] = link


def share_keys(server: Switchboard, company: Company) -> None:
    """The company's phone lets its new device read the account's settings, once."""

    def share() -> None:
        if company.companion and not company.companion.told_keys:
            company.companion.told_keys = True
            if not company.app_state.collections:
                company.app_state.set_push_name(company.name)
            message = company.app_state.share()
            to_device.peer_message_in(server, company, fresh_id(), message)
            server.changed()

    server.call(share)
