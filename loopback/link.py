"""One client's chat socket: Noise, then pairing or login, then stanzas both ways."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from neonize.proto.waWa6.WAWebProtobufsWa6_pb2 import ClientPayload

from loopback import from_device, queries
from loopback.adv import Code, certify
from loopback.noise import Cipher, Handshake
from loopback.phones import Companion, Company, World, now
from loopback.websocket import Closed, WebSocket
from loopback.wire import SERVER, Jid, Node, decode, encode

if TYPE_CHECKING:
    from loopback.switchboard import Switchboard

logger = logging.getLogger(__name__)

INTRO = 4
# A refusal that comes at once can be missed by the client for ever (its library's own race).
REFUSAL_DELAY = 0.3
LAST_WORD_DELAY = 0.05
PASSKEY = b'{"challenge":"AAAA","rpId":"whatsapp.com","timeout":60000,"allowCredentials":[]}'


class Link:
    """A connected client. `company` is None until it has logged in."""

    def __init__(self, server: Switchboard, socket: WebSocket) -> None:
        self.server, self.socket = server, socket
        self.company: Company | None = None
        self.refs: list[str] = []
        self.held_acks: list[Node] = []
        self._buffer = b""
        self._seal: Cipher | None = None
        self._payload: ClientPayload | None = None
        self._noise = b""
        self._pairing: tuple[Company, Companion] | None = None

    @property
    def world(self) -> World:
        return self.server.world

    async def run(self) -> None:
        try:
            reader = await self._shake_hands()
            await self._introduce()
            while True:
                await self._handle(decode(reader.open(await self._frame())))
        except (Closed, InvalidTag):
            pass
        finally:
            self.server.gone(self)
            self.socket.close()

    async def _bytes(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._buffer += await self.socket.read()
        head, self._buffer = self._buffer[:size], self._buffer[size:]
        return head

    async def _frame(self) -> bytes:
        return await self._bytes(int.from_bytes(await self._bytes(3), "big"))

    def _write(self, body: bytes) -> None:
        self.socket.write(len(body).to_bytes(3, "big") + body)

    async def _shake_hands(self) -> Cipher:
        handshake = Handshake(self.world.root, await self._bytes(INTRO))
        self._write(handshake.answer(await self._frame()))
        self._noise, self._payload, opener, self._seal = handshake.finish(await self._frame())
        return opener

    def send(self, node: Node) -> None:
        assert self._seal is not None
        self._write(self._seal.seal(encode(node)))

    async def end(self, node: Node) -> None:
        """Send a last word and close; at once would lose it."""
        self.send(node)
        await asyncio.sleep(LAST_WORD_DELAY)
        self.socket.close()

    async def _introduce(self) -> None:
        assert self._payload is not None
        if self._payload.HasField("devicePairingData"):
            self._offer_codes()
        else:
            await self._log_in(self._payload)

    def _offer_codes(self) -> None:
        self.refs = [f"2@{secrets.token_urlsafe(24)}" for _ in range(6)]
        self.server.pairing_links.append(self)
        refs = [Node("ref", {}, ref.encode()) for ref in self.refs]
        attrs: dict[str, str | Jid] = {"from": SERVER, "type": "set", "id": "1", "xmlns": "md"}
        self.send(Node("iq", attrs, [Node("pair-device", {}, refs)]))

    def scanned(self, company: Company, code: Code) -> None:
        """The company's phone read this client's QR: certify the device, or ask for a passkey."""
        if company.faults.passkey:
            self._ask_for_passkey()
            return
        device = company.next_device
        company.next_device += 1
        self._pairing = company, self._companion(device, code)
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
        self.send(Node("iq", {**attrs, "t": now()}, [Node("pair-success", {}, success)]))

    def _companion(self, device: int, code: Code) -> Companion:
        assert self._payload is not None
        data = self._payload.devicePairingData
        return Companion(
            device=device,
            noise=code.noise,
            identity=code.identity,
            registration=int.from_bytes(data.eRegid, "big"),
            signed_id=int.from_bytes(data.eSkeyID, "big"),
            signed=data.eSkeyVal,
            signature=data.eSkeySig,
        )

    def _ask_for_passkey(self) -> None:
        """The account is one of those that must prove a passkey before a device is linked."""
        options = Node("passkey_request_options", {}, PASSKEY)
        attrs: dict[str, str | Jid] = {"from": SERVER, "type": "passkey_prologue_request"}
        self.send(Node("notification", {**attrs, "id": "3", "t": now()}, [options]))

    async def _paired(self, signed: Node) -> None:
        assert self._pairing is not None
        company, companion = self._pairing
        identity = signed.child("device-identity")
        companion.certificate = identity.data if identity else b""
        company.companion, company.pending, company.written = companion, {}, {}
        self.server.changed()
        await self.end(Node("stream:error", {"code": "515"}))

    async def _log_in(self, payload: ClientPayload) -> None:
        company = self.world.companies.get(str(payload.username))
        companion = company.companion if company else None
        refusal = company.faults.refuse if company else None
        if companion is None or (companion.device, companion.noise) != (
            payload.device,
            self._noise,
        ):
            refusal = {"reason": "401"}
        if refusal:
            await asyncio.sleep(REFUSAL_DELAY)
            await self.end(Node("failure", dict(refusal)))
            return
        assert company is not None
        self.company = company
        company.logins += 1
        await self.server.replace(self)
        self.send(Node("success", {"t": now(), "lid": company.device_lid, "location": "frc"}))

    async def _handle(self, node: Node) -> None:
        match node.tag:
            case "iq" if node.text("type") in ("get", "set"):
                self._question(node)
            case "iq" if signed := node.child("pair-device-sign"):
                await self._paired(signed)
            case "message" if self.company:
                await from_device.message_out(self, self.company, node)
            case "receipt" if self.company:
                from_device.receipt_out(self, self.company, node)
            case "chatstate" if self.company:
                from_device.typing_out(self, self.company, node)
            case "ack" if self.company:
                from_device.acknowledged(self.company, node)
            case "presence" if self.company:
                from_device.presence_out(self.company, node)

    def _question(self, iq: Node) -> None:
        result = queries.answer(self, iq)
        if result is not None:
            self.send(result)
        if iq.text("xmlns") == "passive" and self.company:
            if not self.company.faults.hold_app_state:
                self.server.share_keys(self.company)
            self._deliver_backlog(self.company)

    def _deliver_backlog(self, company: Company) -> None:
        """What came while nobody was connected, in order, and then the live traffic."""
        count = str(len(company.pending))
        names = ("count", "message", "receipt", "notification", "appdata")
        preview = dict.fromkeys(names, "0") | {"count": count, "message": count}
        self.send(Node("ib", {"from": SERVER}, [Node("offline_preview", dict(preview))]))
        for stanza in list(company.pending.values()):
            self.send(Node(stanza.tag, {**stanza.attrs, "offline": "i"}, stanza.content))
        self.send(Node("ib", {"from": SERVER}, [Node("offline", {"count": count})]))
        self.server.links[company.number] = self


def fresh_id() -> str:
    """A message id of the shape that phones use."""
    return "3A" + os.urandom(9).hex().upper()
