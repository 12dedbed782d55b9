from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts import audit
from accounts.models import Agent
from accounts.rights import Can, NotAllowed
from whatsapp.models.access import agents_who_see
from whatsapp.models.attendance_event import AttendanceEvent, EventKind, Reason
from whatsapp.models.holding import AlreadyClaimed
from whatsapp.models.message import Message
from whatsapp.models.outcome import Outcome
from whatsapp.models.status import Status
from whatsapp.vocabulary import Direction, Kind, Origin

# A wait goes on whoever takes the conversation: only an answer ends it.
WAITS_ON = F("waiting_since")


class Attendance(models.Model):
    """One opening-to-closing cycle of a conversation: "atendimento #4812" is its id.

    Its verbs are called by those of `Conversation`, which lock the row first. Each checks the
    right, enters the conversation's new state, writes the step, its line and the audit.
    """

    conversation = models.ForeignKey(
        "whatsapp.Conversation", models.CASCADE, related_name="attendances"
    )
    opened_at = models.DateTimeField("aberto em", default=timezone.now)
    claimed_at = models.DateTimeField("assumido em", null=True, blank=True)
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="attendances",
        verbose_name="atendente",
    )
    first_answer_at = models.DateTimeField("primeira resposta", null=True, blank=True)
    finished_at = models.DateTimeField("finalizado em", null=True, blank=True)
    outcome = models.CharField("desfecho", max_length=12, choices=Outcome.choices, blank=True)

    class Meta:
        verbose_name = "atendimento"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                # Settles two who open one at the same time; the wire's INSERT leans on it (ON
                # CONFLICT in worker/receive/threads.py).
                fields=["conversation"],
                condition=Q(finished_at__isnull=True),
                name="one_open_attendance",
            )
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @classmethod
    def open(cls, conversation: Any, by: Agent, kind: EventKind = EventKind.OPENED) -> Attendance:
        """Begin a cycle of *conversation* in *by*'s hands."""
        now = timezone.now()
        # What an earlier fault may have left open would forbid a second one.
        cls.objects.filter(conversation=conversation, finished_at=None).update(finished_at=now)
        opened = cls.objects.create(conversation=conversation, agent=by, claimed_at=now)
        # Whoever was never answered has waited all along, whatever was finished meanwhile.
        since = Message.objects.filter(conversation=conversation).unanswered_since()
        conversation.enter(Status.ACTIVE, by, since)
        opened.record(kind, by, to=by)
        return opened

    def claim(self, by: Agent, instead_of: Agent | None = None, note: str = "") -> bool:
        """Put it into *by*'s hands, who names whom he takes it from: the third who was faster is
        noticed. False when *by* has it already. Raises AlreadyClaimed, NotAllowed."""
        holder = self.conversation.assigned_to
        if holder == by:
            return False
        # Read again under the lock: *holder* is who has it now, not whom the page showed.
        if holder and holder != instead_of:
            raise AlreadyClaimed(holder)
        self.conversation.check_right(by, Can.TAKE_OVER if holder else Can.CLAIM)
        self._hand(by)
        kind, data = EventKind.TAKEN_OVER if holder else EventKind.CLAIMED, _noted(note)
        self.record(kind, by, to=by, was=holder, data=data)
        return True

    def transfer(self, by: Agent, to: Agent, note: str = "") -> None:
        """Hand it to a colleague who can see the number. Raises NotAllowed."""
        self.conversation.check_right(by, Can.TRANSFER)
        holder = self.conversation.assigned_to
        if holder == to:
            raise NotAllowed(f"{to} já está com esta conversa.")
        # Asked while *to* is locked: the right cannot be withdrawn between here and the commit.
        if not agents_who_see(self.conversation.session_id).filter(pk=to.pk).exists():
            raise NotAllowed(f"{to} não atende este número. Escolha outra pessoa.")
        self._hand(to)
        self.record(EventKind.TRANSFERRED, by, to=to, was=holder, data=_noted(note))

    def release(self, by: Agent | None, note: str = "", reason: str = "") -> None:
        """Give it back to the queue; without *by* the house itself does. Raises NotAllowed."""
        if by:
            self.conversation.check_right(by, Can.TRANSFER)
        holder = self.conversation.assigned_to
        if self.conversation.status == Status.PENDING and holder is None:
            return
        # Whoever was answered already waits, from now on, for somebody to go on with it.
        waiting = Coalesce(WAITS_ON, timezone.now())
        self.conversation.enter(Status.PENDING, None, waiting)
        Attendance.objects.filter(pk=self.pk).update(agent=None)
        data = {"reason": reason} if reason else {}
        self.record(EventKind.RELEASED, by, was=holder, data=data | _noted(note))

    def finish(self, by: Agent, outcome: Outcome) -> None:
        """End it with an *outcome*. Raises NotAllowed."""
        self.conversation.check_right(by, Can.FINISH)
        holder = self.conversation.assigned_to
        self.conversation.enter(Status.CLOSED, holder, None)
        self.finished_at, self.outcome = timezone.now(), outcome
        self.save(update_fields=["finished_at", "outcome"])
        self.record(EventKind.FINISHED, by, was=holder, data={"outcome": str(outcome)})

    def merge_into(self, conversation: Any) -> None:
        """End it because its conversation became part of another, whose own attendance goes on."""
        # Both in one UPDATE: moved while it is open it would break `one_open_attendance`.
        self.conversation, self.finished_at = conversation, timezone.now()
        self.save(update_fields=["conversation", "finished_at"])
        reason = {} if self.agent else {"reason": str(Reason.QUEUED)}
        # The line is for who lost it; of one that waited in the queue nobody did.
        self.record(EventKind.MERGED, None, was=self.agent, data=reason, shown=bool(self.agent))

    def answer(self, by: Agent | None, at: datetime) -> None:
        """Note the first answer, once, whoever gives it."""
        # Page and phone may answer at once: the row count says who was first.
        unanswered = Attendance.objects.filter(pk=self.pk, first_answer_at=None)
        if unanswered.update(first_answer_at=at):
            self.events.create(kind=EventKind.ANSWERED, by=by, at=at)

    def _hand(self, agent: Agent) -> None:
        self.conversation.enter(Status.ACTIVE, agent, WAITS_ON)
        # The first time stays: how long it lay in the queue does not change with a transfer.
        Attendance.objects.filter(pk=self.pk).update(
            agent=agent, claimed_at=Coalesce(F("claimed_at"), timezone.now())
        )

    def record(
        self,
        kind: EventKind,
        by: Agent | None,
        *,
        to: Agent | None = None,
        was: Agent | None = None,
        data: dict[str, str] | None = None,
        shown: bool = True,
    ) -> AttendanceEvent:
        """Write a step: its row, its line in the thread if *shown*, and the audit's entry.

        *was* is who had it before; *data* is what only this kind has.
        """
        # The name as it is today: people are renamed and deleted, and what was read stays true.
        before = {"from": was.pk, "from_name": str(was)} if was else {}
        event = self.events.create(kind=kind, by=by, to=to, data=before | (data or {}))
        if shown:
            self._show(event)
        old, new = event.before_and_after()
        audit.record(
            by,
            f"conversation.{kind}",
            self.conversation,
            old=old,
            new=new,
            # What the page *Auditoria* is filtered by; the audit has no foreign keys to follow.
            conversation_id=self.conversation_id,
            client_id=self.conversation.contact.client_id,
        )
        return event

    def _show(self, event: AttendanceEvent) -> None:
        """Add the line. It is nobody's message, so the list does not show it."""
        # Never the conversation's `last_message`: the list shows what people said.
        line = Message.objects.create(
            session_id=self.conversation.session_id,
            conversation=self.conversation,
            direction=Direction.SYSTEM,
            kind=Kind.SYSTEM,
            origin=Origin.DESK,
            at=event.at,
            event=event,
        )
        line.announce_added()


def _noted(note: str) -> dict[str, str]:
    return {"note": " ".join(note.split())[:300]} if note.strip() else {}
