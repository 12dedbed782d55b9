"""Answers to the client's ``iq`` questions, by namespace (fact: what whatsmeow asks on its way)."""

from __future__ import annotations

from collections.abc import Callable

from loopback.link import Link
from loopback.media import HOST
from loopback.phone import Phone
from loopback.phones import Company, Customer, now
from loopback.switchboard import Switchboard
from loopback.to_device import bundle_nodes
from loopback.wire import PHONE, SERVER, Jid, Node

Answer = list[Node] | None


def answer(server: Switchboard, link: Link, iq: Node) -> Node | None:
    """The result of *iq*; None when the company's faults say to stay silent."""
    company = link.company
    # No answer within 10 s makes the client report a keep-alive time-out.
    if company and iq.text("xmlns") == "w:p" and company.faults.mute_keepalive:
        return None
    attrs: dict[str, str | Jid] = {"from": SERVER, "id": iq.text("id"), "type": "result"}
    content: Answer = None
    if company is not None:
        if iq.text("xmlns") == "usync" and company.faults.take("lookup_errors"):
            failure = Node("error", {"code": "500", "text": "internal-server-error"})
            return Node("iq", attrs | {"type": "error"}, [failure])
        handler = _HANDLERS.get(iq.text("xmlns"))
        content = handler(server, company, iq) if handler else None
    if iq.text("xmlns") == "w:p":
        # The client takes the server's time from this answer.
        attrs["t"] = now()
    return Node("iq", attrs, content)


def _encrypt(server: Switchboard, company: Company, iq: Node) -> Answer:
    companion = company.companion
    assert companion is not None
    # Below five keys the device uploads more: 812 the first time, 50 later.
    if iq.child("count"):
        return [Node("count", {"value": str(len(companion.one_time))})]
    if request := iq.child("key"):
        return [Node("list", {}, [_bundle(server, user) for user in request.children])]
    if (listed := iq.child("list")) and (signed := iq.child("skey")):
        _upload(company, iq, listed, signed)
    return None


def _upload(company: Company, iq: Node, listed: Node, signed: Node) -> None:
    companion = company.companion
    assert companion is not None
    for name in ("registration", "identity"):
        node = iq.child(name)
        assert node is not None
        value = node.data
        if name == "registration":
            companion.registration = int.from_bytes(value, "big")
        else:
            companion.identity = value
    companion.signed_id, companion.signed, companion.signature = _signed(signed)
    for key in listed.children:
        number, value = _id_and_value(key)
        companion.one_time[number] = value


def _id_and_value(key: Node) -> tuple[int, bytes]:
    number, value = key.child("id"), key.child("value")
    assert number is not None
    assert value is not None
    return int.from_bytes(number.data, "big"), value.data


def _signed(node: Node) -> tuple[int, bytes, bytes]:
    signature = node.child("signature")
    assert signature is not None
    return *_id_and_value(node), signature.data


def _bundle(server: Switchboard, user: Node) -> Node:
    jid = user.jid("jid")
    phone = server.world.by_jid(jid)
    if phone is None:
        return Node("user", {"jid": jid}, [Node("error", {"code": "404", "text": "not-found"})])
    return Node("user", {"jid": jid, "t": now()}, bundle_nodes(phone))


def _usync(server: Switchboard, company: Company, iq: Node) -> Answer:
    usync = iq.child("usync")
    assert usync is not None
    query, users = usync.child("query"), usync.child("list")
    assert query is not None
    assert users is not None
    # The answer repeats the question's attributes; without them the client drops it.
    asked = [node.tag for node in query.children]
    found = [_user(server, user, asked) for user in users.children]
    return [Node("usync", usync.attrs, [Node("result"), Node("list", {}, found)])]


def _user(server: Switchboard, user: Node, asked: list[str]) -> Node:
    if contact := user.child("contact"):
        return _looked_up(server, contact)
    jid = user.jid("jid")
    phone = server.world.by_jid(jid)
    parts = [_part(phone, tag) for tag in asked]
    return Node("user", {"jid": jid}, [part for part in parts if part is not None])


def _part(phone: Phone | None, tag: str) -> Node | None:
    if phone is None:
        return None
    # No LID in the answer is how the client learns that somebody has no WhatsApp.
    if tag == "lid":
        return Node("lid", {"val": phone.lid_jid})
    if tag == "devices":
        return Node("devices", {}, [Node("device-list", {}, _devices(phone))])
    if tag == "status":
        return Node("status", {}, b"")
    return None


def _devices(phone: Phone) -> list[Node]:
    devices = [Node("device", {"id": "0"})]
    if isinstance(phone, Company) and phone.companion:
        number = str(phone.companion.device)
        devices.append(Node("device", {"id": number, "key-index": number}))
    return devices


def _looked_up(server: Switchboard, contact: Node) -> Node:
    digits = "".join(filter(str.isdigit, contact.data.decode()))
    phone = server.world.by_jid(Jid(digits, PHONE))
    if phone is None:
        return Node(
            "user", {"jid": Jid(digits, PHONE)}, [Node("contact", {"type": "out"}, contact.data)]
        )
    # Looking up a telephone answers with the LID, and the number as registered beside it.
    attrs: dict[str, str | Jid] = {"jid": phone.lid_jid}
    if not (isinstance(phone, Customer) and phone.hidden):
        attrs["pn_jid"] = phone.phone_jid
    return Node("user", attrs, [Node("contact", {"type": "in"}, contact.data)])


def _privacy(server: Switchboard, company: Company, iq: Node) -> Answer:
    if iq.text("type") == "set":
        return None
    # Asked for once, before the first read receipt is sent.
    names = ("readreceipts", "last", "online", "profile", "status", "groupadd", "calladd")
    categories = [Node("category", {"name": name, "value": "all"}) for name in names]
    return [Node("privacy", {}, categories)]


def _multi_device(server: Switchboard, company: Company, iq: Node) -> Answer:
    if iq.child("remove-companion-device"):
        server.unlink(company, told=True)
    elif iq.child("pair-device-sign"):
        pass
    return None


def _media(server: Switchboard, company: Company, iq: Node) -> Answer:
    host = Node("host", {"hostname": HOST})
    attrs: dict[str, str | Jid] = {
        "auth": "loopback",
        "ttl": "300",
        "auth_ttl": "21600",
        "max_buckets": "12",
    }
    return [Node("media_conn", attrs, [host])]


def _app_state(server: Switchboard, company: Company, iq: Node) -> Answer:
    sync = iq.child("sync")
    listed = sync.children if sync else []
    return [Node("sync", {}, [_collection(company, node) for node in listed])]


def _collection(company: Company, node: Node) -> Node:
    """A device fetches a collection's patches, or sends one of its own."""
    name, patch = node.text("name"), node.child("patch")
    attrs: dict[str, str | Jid] = {"name": name}
    if patch:
        return Node(
            "collection", attrs | {"version": str(company.app_state.take(name, patch.data))}
        )
    collection = company.app_state.collection(name)
    news = collection.since(int(node.text("version") or 0))
    attrs["version"] = str(collection.version)
    patches = [Node("patches", {}, [Node("patch", {}, patch) for patch in news])] if news else None
    return Node("collection", attrs, patches)


_HANDLERS: dict[str, Callable[[Switchboard, Company, Node], Answer]] = {
    "encrypt": _encrypt,
    "usync": _usync,
    "privacy": _privacy,
    "md": _multi_device,
    "w:m": _media,
    "w:sync:app:state": _app_state,
    "blocklist": lambda *_: [Node("list", {"dhash": "0"})],
    "w:g2": lambda *_: [Node("groups")],
}
