"""What becomes of an attendance's first answer when that message never reached the customer."""

from __future__ import annotations

from django.db.models import F, Q

from whatsapp.models.attendance import Attendance
from whatsapp.models.attendance_event import EventKind
from whatsapp.models.message import Message


def withdraw_answer(message: Message) -> None:
    """Where *message* is noted as the first answer, note the next one instead, if any.

    The caller holds the conversation's lock.
    """
    # One that is older than its attendance is noted at the opening (`Writable.answer_restored`).
    at_opening = Q(first_answer_at=F("opened_at"), opened_at__gt=message.at)
    noted = Attendance.objects.filter(conversation=message.conversation_id)
    for attendance in noted.filter(Q(first_answer_at=message.at) | at_opening):
        attendance.events.filter(kind=EventKind.ANSWERED).delete()
        Attendance.objects.filter(pk=attendance.pk).update(first_answer_at=None)
        if later := _following(attendance, message):
            attendance.answer(later.author, later.at)


def _following(attendance: Attendance, message: Message) -> Message | None:
    answers = Message.objects.filter(conversation=message.conversation_id).answers()
    found = answers.after(message).filter(at__gte=attendance.opened_at)
    if attendance.finished_at:
        found = found.filter(at__lte=attendance.finished_at)
    return found.order_by("at", "pk").first()
