"""Conversations and messages as other programs see them: which columns, and what is made of them.

Plain dicts of plain rows, for lists are asked for all day: model objects and DRF's fields took two
thirds of a list's time. `serializers` tells the schema the same, and a test holds both together.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import Agent
from accounts.rights import Can
from whatsapp.jid import of_phone
from whatsapp.models import Direction, Session, State
from whatsapp.models.contact import person_name, shown_name
from whatsapp.models.message import preview_of

Row = Mapping[str, Any]

CONTACT = ("phone", "name", "business_name", "push_name", "client", "client__name")
HOLDER = ("first_name", "last_name", "username")
CONVERSATION = (
    *("pk", "session_id", "chat_jid", "status", "unread_count", "last_message_at", "created_at"),
    *(f"contact__{name}" for name in CONTACT),
    *("last_message", "last_message__kind", "last_message__body"),
    *("assigned_to", *(f"assigned_to__{name}" for name in HOLDER)),
)
MESSAGE = (
    *("pk", "session_id", "conversation_id", "wa_id", "direction", "body", "kind", "at"),
    *("delivery", "error"),
)


def conversation(row: Row, number: str) -> dict[str, Any]:
    """*number* is the identifier of the row's number, which most callers know already."""
    return {
        "id": str(row["pk"]),
        "sessionId": number,
        "phoneNumber": address(row["contact__phone"], row["chat_jid"]),
        "name": _name(row),
        "lastMessage": _last(row),
        "lastMessageAt": moment(row["last_message_at"]),
        "unreadCount": row["unread_count"],
        "status": row["status"],
        "assignedTo": _holder(row),
        "clientId": row["contact__client"],
        "createdAt": moment(row["created_at"]),
    }


def message(row: Row, sender: str) -> dict[str, Any]:
    """*sender*, as before, is the customer's address in both directions of a direct chat."""
    return {
        "id": str(row["pk"]),
        "messageId": row["wa_id"],
        "conversationId": str(row["conversation_id"]),
        "sender": sender,
        "content": row["body"],
        "kind": row["kind"],
        "timestamp": moment(row["at"]),
        "isFromMe": row["direction"] == Direction.OUT,
        "status": row["delivery"],
        "error": row["error"],
    }


def pairing_code(number: Session, agent: Agent) -> dict[str, str] | None:
    """The code to scan, for who may connect numbers, while a telephone would still take it."""
    expires = number.qr_expires_at
    live = number.shown_state == State.PAIRING and expires and expires > timezone.now()
    if not live or expires is None or not number.qr or not agent.may(Can.CONNECT_NUMBER):
        return None
    return {"qr": number.qr, "expiresAt": moment(expires)}


def address(phone: str, chat_jid: str) -> str:
    """What the other routes take as {phoneNumber}: by telephone where it is known."""
    return str(of_phone(phone)) if phone else chat_jid


def moment(at: datetime) -> str:
    return at.astimezone(timezone.get_default_timezone()).isoformat()


def _name(row: Row) -> str:
    person = person_name(*(row[f"contact__{n}"] for n in ("name", "business_name", "push_name")))
    return shown_name(row["contact__client__name"], person, row["contact__phone"])


def _last(row: Row) -> str | None:
    said = row["last_message"] is not None
    return preview_of(row["last_message__kind"], row["last_message__body"]) if said else None


def _holder(row: Row) -> dict[str, Any] | None:
    if row["assigned_to"] is None:
        return None
    agent = Agent(**{name: row[f"assigned_to__{name}"] for name in HOLDER})  # only for its name
    return {"id": row["assigned_to"], "name": str(agent)}
