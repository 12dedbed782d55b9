from whatsapp.models.arrival import Arrival, ArrivalState, StrayReceipt
from whatsapp.models.attendance import Attendance
from whatsapp.models.attendance_event import AttendanceEvent, EventKind, Reason
from whatsapp.models.contact import Contact
from whatsapp.models.contact_address import AddressKind, ContactAddress, ContactMerge
from whatsapp.models.conversation import Conversation
from whatsapp.models.conversation_queryset import ConversationQuerySet
from whatsapp.models.holding import AlreadyClaimed
from whatsapp.models.lease import LeaseLost
from whatsapp.models.message import Message
from whatsapp.models.outcome import Outcome
from whatsapp.models.session import Session
from whatsapp.models.session_edit import (
    NotRemovable,
    create_number,
    remove_number,
    rename_number,
)
from whatsapp.models.state import State, Wanted
from whatsapp.models.status import Status
from whatsapp.models.withdrawal import return_withdrawn, set_agents
from whatsapp.vocabulary import Delivery, Direction, Kind, Origin

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
    "NotRemovable",
    "Origin",
    "Outcome",
    "Reason",
    "Session",
    "State",
    "Status",
    "StrayReceipt",
    "Wanted",
    "create_number",
    "remove_number",
    "rename_number",
    "return_withdrawn",
    "set_agents",
]
