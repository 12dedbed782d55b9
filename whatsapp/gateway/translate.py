"""Bytes of neonize's events into our words. Pure: no database, no socket.

Field names and units are neonize 0.5.2's protobufs: a message's Timestamp is in milliseconds, a
receipt's in seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from neonize.proto import Neonize_pb2 as pb

from whatsapp import events
from whatsapp.gateway import codes
from whatsapp.gateway.content import Unreadable, read_content
from whatsapp.gateway.content.words import words
from whatsapp.jid import Jid
from whatsapp.vocabulary import Composing, Delivery

# SENDER is another device of our own account: the message left. RETRY (it could not be opened) and
# INACTIVE (an idle device has it; the apps draw no tick) say nothing that is shown.
_RECEIPTS = {
    pb.Receipt.DELIVERED: Delivery.DELIVERED,
    pb.Receipt.SENDER: Delivery.SENT,
    pb.Receipt.READ: Delivery.READ,
    pb.Receipt.PLAYED: Delivery.PLAYED,
}
_BY_US = (pb.Receipt.READ_SELF, pb.Receipt.PLAYED_SELF)


def translate(code: int, payload: bytes) -> events.Event:
    """Return what event *code* with protobuf *payload* means.

    Raises google.protobuf.message.DecodeError for bytes that are no such event.
    """
    reader = _READERS.get(code)
    return reader(payload) if reader else events.Ignored(f"code {code}")


def _device(payload: bytes) -> events.Event:
    device = pb.Device.FromString(payload)
    return events.Linked(device.JID.User, device.LID.User, device.PushName)


def _message(payload: bytes) -> events.Event:
    event = pb.Message.FromString(payload)
    if why := _ignored(event.Info):
        return events.Ignored(why)
    try:
        said = read_content(event.Message)
    except Unreadable as error:
        return events.Ignored(str(error))
    return events.MessageReceived(
        person=_person(event.Info.MessageSource),
        wa_id=words(event.Info.ID, 128),
        at=_milliseconds(event.Info.Timestamp),
        content=said.content,
        # Of what we wrote ourselves it is our own name.
        push_name="" if event.Info.MessageSource.IsFromMe else words(event.Info.Pushname, 160),
        from_me=event.Info.MessageSource.IsFromMe,
        quoted=said.quoted,
    )


def _undecryptable(payload: bytes) -> events.Event:
    info = pb.UndecryptableMessage.FromString(payload).Info
    if why := _ignored(info):
        return events.Ignored(why)
    return events.Undecryptable(
        person=_person(info.MessageSource),
        wa_id=words(info.ID, 128),
        at=_milliseconds(info.Timestamp),
        push_name=words(info.Pushname, 160),
        from_me=info.MessageSource.IsFromMe,
    )


def _receipt(payload: bytes) -> events.Event:
    receipt = pb.Receipt.FromString(payload)
    at = datetime.fromtimestamp(receipt.Timestamp, UTC)
    source = receipt.MessageSource
    if not _address(source.Chat).is_person:
        return events.Ignored("receipt of a group or broadcast")
    wa_ids = tuple(words(wa_id, 128) for wa_id in receipt.MessageIDs)
    if receipt.Type in _BY_US or (source.IsFromMe and receipt.Type == pb.Receipt.READ):
        return events.Receipt(wa_ids, Delivery.READ, at, by_us=True)
    if receipt.Type not in _RECEIPTS:
        return events.Ignored(f"receipt {receipt.Type}")
    return events.Receipt(wa_ids, _RECEIPTS[receipt.Type], at)


def _chat_presence(payload: bytes) -> events.Event:
    presence = pb.ChatPresence.FromString(payload)
    if not _address(presence.MessageSource.Chat).is_person:
        return events.Ignored("typing in a group")
    state = Composing.PAUSED
    if presence.State == pb.ChatPresence.COMPOSING:
        aloud = presence.Media == pb.ChatPresence.AUDIO
        state = Composing.RECORDING if aloud else Composing.TYPING
    return events.Typing(_person(presence.MessageSource), state)


def _logged_out(payload: bytes) -> events.Event:
    event = pb.LoggedOut.FromString(payload)
    reasons = event.DESCRIPTOR.fields_by_name["Reason"].enum_type.values_by_number
    # Unlinked during a connection it has no reason, and the enum's first would be shown.
    return events.LoggedOut(reasons[event.Reason].name if event.OnConnect else "UNLINKED")


def _banned(payload: bytes) -> events.Event:
    ban = pb.TemporaryBan.FromString(payload)
    reason = pb.TemporaryBan.TempBanReason.Name(ban.Code)
    return events.Banned(reason, int(ban.Expire))


def _connect_failure(payload: bytes) -> events.Event:
    failure = pb.ConnectFailure.FromString(payload)
    reasons = failure.DESCRIPTOR.fields_by_name["Reason"].enum_type.values_by_number
    # Reasons outside the enum never come here: they end connect() (`sending.WORDLESS`).
    return events.ConnectFailed(reasons[failure.Reason].name)


_READERS: dict[int, Callable[[bytes], events.Event]] = {
    codes.DEVICE: _device,
    codes.MESSAGE: _message,
    codes.UNDECRYPTABLE: _undecryptable,
    codes.RECEIPT: _receipt,
    codes.CHAT_PRESENCE: _chat_presence,
    codes.CONNECTED: lambda _: events.Connected(),
    codes.DISCONNECTED: lambda _: events.Disconnected(),
    # The socket stands, but nothing gets through it.
    codes.KEEPALIVE_TIMEOUT: lambda _: events.Disconnected(),
    codes.KEEPALIVE_RESTORED: lambda _: events.Connected(),
    codes.LOGGED_OUT: _logged_out,
    codes.STREAM_REPLACED: lambda _: events.Replaced(),
    codes.TEMPORARY_BAN: _banned,
    codes.CLIENT_OUTDATED: lambda _: events.Outdated(),
    codes.CONNECT_FAILURE: _connect_failure,
}


def _ignored(info: pb.MessageInfo) -> str:
    """Why a message never becomes a bubble, or "" when it does."""
    # Between the devices of one account: keys, settings, history.
    if info.Category == "peer":
        return "own plumbing"
    source = info.MessageSource
    # IsGroup is set for broadcasts and the status as well.
    if source.IsGroup or not _address(source.Chat).is_person:
        return f"not a direct chat: {source.Chat.Server}"
    return ""


def _person(source: pb.MessageSource) -> events.Person:
    chat = _address(source.Chat)
    # SenderAlt is the writer's other form: of our own messages that is us, not the customer.
    other = _address(source.RecipientAlt if source.IsFromMe else source.SenderAlt)
    return events.Person(chat, lid=chat.lid or other.lid, phone=chat.phone or other.phone)


def _address(jid: pb.JID) -> Jid:
    # Without the device, which SenderAlt may carry: a person is one, whatever he writes with.
    return Jid(jid.User, jid.Server)


def _milliseconds(stamp: int) -> datetime:
    return datetime.fromtimestamp(stamp / 1000, UTC)
