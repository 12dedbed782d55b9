"""Chats with many readers: groups and status by sender keys, newsletters in the open."""

from __future__ import annotations

from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message

from loopback import to_device
from loopback.phones import Company, Customer, now
from loopback.senderkey import SenderKey
from loopback.switchboard import Switchboard
from loopback.wire import Attribute, Jid, Node

GROUP, NEWSLETTER, STATUS = "g.us", "newsletter", Jid("status", "broadcast")


def message_in(
    server: Switchboard,
    company: Company,
    sender: Customer,
    chat: Jid,
    wa_id: str,
    message: Message,
) -> None:
    """*sender* writes into a group, or a status; the first time the key goes along."""
    content = []
    key = sender.sender_keys.get(str(chat))
    # The key goes in a pairwise message of the same stanza, before the one it opens.
    if key is None:
        key = sender.sender_keys[str(chat)] = SenderKey()
        content.append(to_device.sealed(company, sender, _handing(chat, key)))
    sealed = key.encrypt(message.SerializeToString())
    content.append(Node("enc", {"v": "2", "type": "skmsg"}, sealed))
    attrs: dict[str, Attribute] = {
        "from": chat,
        "participant": sender.lid_jid,
        "participant_pn": sender.phone_jid,
        "addressing_mode": "lid",
        "id": wa_id,
        "type": "text",
        "t": now(),
        "notify": sender.name,
    }
    server.push(company, wa_id, Node("message", attrs, content))


def _handing(chat: Jid, key: SenderKey) -> bytes:
    message = Message()
    message.senderKeyDistributionMessage.groupID = str(chat)
    message.senderKeyDistributionMessage.axolotlSenderKeyDistributionMessage = key.distribution()
    return message.SerializeToString()


def newsletter_in(
    server: Switchboard, company: Company, chat: Jid, wa_id: str, message: Message
) -> None:
    attrs: dict[str, Attribute] = {"from": chat, "id": wa_id, "type": "text", "t": now()}
    attrs["server_id"] = server.next_notice()
    # Channels are public; nothing is encrypted, and the server numbers each post.
    plain = Node("plaintext", {}, message.SerializeToString())
    server.push(company, wa_id, Node("message", attrs, [plain]))
