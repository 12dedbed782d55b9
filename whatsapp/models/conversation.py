from __future__ import annotations

from django.db import models, transaction
from django.db.models import Q

from accounts import audit
from accounts.models import Agent
from accounts.rights import Can, NotAllowed
from whatsapp.models.access import lock_agent
from whatsapp.models.attendance import Attendance, Outcome
from whatsapp.models.attendance_event import EventKind, Reason
from whatsapp.models.conversation_queryset import WAITS_SINCE
from whatsapp.models.holding import AlreadyClaimed
from whatsapp.models.status import Status
from whatsapp.models.writing import Writable

CLOSED = "Esta conversa já foi finalizada."


class Conversation(Writable):
    """The one permanent thread between a number of ours and a contact."""

    # PROTECT: a merge moves the threads of the contact that goes, before it goes.
    contact = models.ForeignKey(
        "whatsapp.Contact", models.PROTECT, related_name="conversations", verbose_name="contato"
    )
    # Where answers go: the form in which the customer wrote first, or the telephone that we began
    # with.
    chat_jid = models.CharField("endereço no WhatsApp", max_length=80)
    created_at = models.DateTimeField("criada em", auto_now_add=True)

    class Meta:
        verbose_name = "conversa"
        constraints = [
            # Who makes a thread holds the number's row too (`fence`, `begin`); a merge holds no
            # more than its own number's, and this is its net.
            models.UniqueConstraint(fields=["session", "contact"], name="one_conversation")
        ]
        indexes = [
            # A tab of the list, and its next page by (time, id). The plans are read in
            # atendimento/tests/test_indexes.py.
            models.Index(fields=["status", "-last_message_at", "-id"], name="conversation_tab"),
            models.Index(fields=["-last_message_at", "-id"], name="conversation_all"),
            models.Index(
                # The open ones alone: what an agent has finished only grows.
                fields=["assigned_to", "-last_message_at", "-id"],
                name="conversation_mine",
                condition=Q(status__in=["pending", "active"]),
            ),
            models.Index(
                # The very expression of `longest_waiting_first`: another spelling would not use
                # this.
                WAITS_SINCE,
                "id",
                name="conversation_queue",
                condition=Q(status="pending"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact} · {self.session}"

    def _running(self) -> Attendance | None:
        """Lock the row and return its open attendance; None when the conversation is finished."""
        self.lock()
        if self.status == Status.CLOSED:
            return None
        # An open thread without one is an older fault: it gets one, and the verb goes on.
        attendance = self.open_attendance or self.attendances.create(agent=self.assigned_to)
        # The verbs of the attendance change this very object, not another of the same row.
        attendance.conversation = self
        return attendance

    def _must_run(self) -> Attendance:
        attendance = self._running()
        if attendance is None:
            raise NotAllowed(CLOSED)
        return attendance

    def note_reading(self, by: Agent) -> None:
        """Write into the audit that *by* reads it; whoever hands out its messages calls this."""
        contact = self.contact
        audit.opened(by, self.pk, contact.client_id, contact.display_name)

    def claim(self, by: Agent, instead_of: Agent | None = None) -> None:
        """Make *by* responsible: of two at once, one wins. A colleague's is taken over by naming
        the colleague. Raises AlreadyClaimed, NotAllowed."""
        with transaction.atomic():
            lock_agent(by)
            attendance = self._running()
            if attendance is None:
                raise AlreadyClaimed(None)
            if attendance.claim(by, instead_of):
                self.mark_seen()
                self.announce_changed()

    @classmethod
    def claim_next(cls, by: Agent) -> Conversation | None:
        """Claim whoever has waited longest; None when nobody waits. Of several agents at once each
        gets another one."""
        with transaction.atomic():
            # The agent before the conversation, always: see `lock_agents`.
            lock_agent(by)
            queue = cls.objects.visible_to(by).pending().unanswered().longest_waiting_first()
            # Whoever is being claimed just now is passed over, not waited for.
            found = queue.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
            if found:
                # It cannot lose any more, but it checks the right and writes the step.
                found.claim(by)
            return found

    def transfer(self, by: Agent, to: Agent | None, reason: str = "") -> None:
        """Hand it to a colleague, or back to the queue with None; from the queue to oneself it is
        claimed. Raises NotAllowed when it is finished or not *by*'s to give, and when *to* may not
        see the number."""
        with transaction.atomic():
            if to:
                # The receiver: his right to see the number must outlast this transaction.
                lock_agent(to)
            attendance = self._must_run()
            if to and to == by and self.assigned_to is None:
                # To take it from the queue is a claim, by whichever button.
                attendance.claim(by, note=reason)
                self.mark_seen()
            elif to:
                attendance.transfer(by, to, reason)
            else:
                attendance.release(by, reason)
            self.announce_changed()

    def give_back(self, reason: Reason) -> None:
        """Return it to the queue because its holder may not have it any more."""
        with transaction.atomic():
            self._must_run().release(None, reason=reason)
            self.announce_changed()

    def finish(self, by: Agent, outcome: Outcome) -> None:
        """Close the open attendance with a reason. Raises NotAllowed when it is closed already, or
        in somebody else's hands by now (supervisors may all the same)."""
        with transaction.atomic():
            self._must_run().finish(by, outcome)
            self.mark_seen()
            self.announce_changed()

    def reopen(self, by: Agent) -> None:
        """Open a new attendance in *by*'s hands. Raises NotAllowed, and AlreadyClaimed when it is
        open in somebody else's."""
        with transaction.atomic():
            lock_agent(by)
            if self._running() is None:
                self.check_right(by, Can.REOPEN)
                Attendance.open(self, by, EventKind.REOPENED)
                self.announce_changed()
            # Open in his own hands already: a second click, no error.
            elif self.assigned_to != by:
                raise AlreadyClaimed(self.assigned_to)
