"""The record, for supervisors: numbers and contacts to change, the rest to read and act on."""

from whatsapp.admin import contacts, conversations, journal, numbers
from whatsapp.admin.base import EstimatingPaginator, ReadOnlyAdmin

__all__ = [
    "EstimatingPaginator",
    "ReadOnlyAdmin",
    "contacts",
    "conversations",
    "journal",
    "numbers",
]
