"""Two contacts that turned out to be one person become one, and it is written down."""

from __future__ import annotations

from django.db import models

from whatsapp.models.attendance import Attendance
from whatsapp.models.contact import Contact
from whatsapp.models.contact_address import ContactAddress, ContactMerge
from whatsapp.models.conversation import Conversation
from whatsapp.models.message import Message
from whatsapp.models.status import Status
from whatsapp.vocabulary import Kind


def merge(one: Contact, other: Contact, reason: str) -> Contact:
    """Move everything of the younger contact to the older and return the older."""
    older_first = sorted((one, other), key=lambda contact: contact.pk)
    # As they are now, locked in id order: what an agent has just renamed or tied is not undone.
    kept, gone = [contact.hold() for contact in older_first]
    for conversation in gone.conversations.all():
        _move(conversation, kept)
    ContactAddress.objects.filter(contact=gone).update(contact=kept)
    # Its own merges move along: the deletion below would take them with it.
    ContactMerge.objects.filter(kept=gone).update(kept=kept)
    _fill_gaps(kept, gone)
    ContactMerge.objects.create(kept=kept, merged_id=gone.pk, reason=reason)
    gone.delete()
    return kept


def _fill_gaps(kept: Contact, gone: Contact) -> None:
    for field in ("name", "business_name", "push_name", "phone", "client_id"):
        if not getattr(kept, field):
            setattr(kept, field, getattr(gone, field))
    kept.save()


def _move(conversation: Conversation, kept: Contact) -> None:
    target = Conversation.objects.filter(session=conversation.session_id, contact=kept).first()
    if target is None:
        Conversation.objects.filter(pk=conversation.pk).update(contact=kept)
        conversation.announce_changed()
        return
    # In id order, as everybody who locks several.
    for one in sorted((target, conversation), key=lambda one: one.pk):
        one.lock()
    leading = max(target, conversation, key=lambda one: _RANK[one.status])
    # Ended before the other's attendances move in: one conversation has one open.
    ended = (conversation if leading is target else target).open_attendance
    if ended:
        ended.merge_into(target)
    Attendance.objects.filter(conversation=conversation).update(conversation=target)
    Message.objects.filter(conversation=conversation).update(conversation=target)
    _absorb(target, conversation, leading)
    conversation.announce_changed()
    target.announce_changed()
    # Emptied first: its messages and attendances would go with it.
    conversation.delete()


# Which of two goes on: who has somebody's hands on it, then who waits in the queue.
_RANK: dict[str, int] = {Status.CLOSED: 0, Status.PENDING: 1, Status.ACTIVE: 2}


def _absorb(target: Conversation, gone: Conversation, leading: Conversation) -> None:
    newest = target.messages.exclude(kind=Kind.SYSTEM).order_by("-at", "-pk").first()
    waiting = [one.waiting_since for one in (target, gone) if one.waiting_since]
    target.enter(Status(leading.status), leading.assigned_to, min(waiting, default=None))
    Conversation.objects.filter(pk=target.pk).update(
        unread_count=models.F("unread_count") + gone.unread_count,
        last_message=newest,
        last_message_at=newest.at if newest else target.last_message_at,
        chat_jid=gone.chat_jid,
    )
