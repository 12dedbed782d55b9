"""The record, for supervisors: numbers and contacts to change, the rest to read and act on."""

from whatsapp.admin import contacts, conversations, journal, numbers
from whatsapp.admin.base import EstimatingPaginator, RecordAdmin

__all__ = [
    "EstimatingPaginator",
    "RecordAdmin",
    "contacts",
    "conversations",
    "journal",
    "numbers",
]
