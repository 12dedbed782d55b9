from whatsapp.models.arrival import Arrival, ArrivalState, StrayReceipt
from whatsapp.models.attendance import Attendance, Outcome
from whatsapp.models.attendance_event import AttendanceEvent, EventKind
from whatsapp.models.contact import AddressKind, Contact, ContactAddress, ContactMerge
from whatsapp.models.conversation import (
    AlreadyClaimed,
    Conversation,
    ConversationQuerySet,
    Status,
)
from whatsapp.models.lease import LeaseLost
from whatsapp.models.message import Delivery, Direction, Kind, Message, Origin
from whatsapp.models.session import Session
from whatsapp.models.state import State, Wanted

__all__ = [
    "AddressKind",
    "AlreadyClaimed",
    "Arrival",
    "ArrivalState",
    "Attendance",
    "AttendanceEvent",
    "Contact",
    "ContactAddress",
    "ContactMerge",
    "Conversation",
    "ConversationQuerySet",
    "Delivery",
    "Direction",
    "EventKind",
    "Kind",
    "LeaseLost",
    "Message",
    "Origin",
    "Outcome",
    "Session",
    "State",
    "Status",
    "StrayReceipt",
    "Wanted",
]
