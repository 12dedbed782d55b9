from __future__ import annotations

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Agent
from accounts.rights import Can, NotAllowed
from live import announce
from whatsapp.models.access import lock_agent
from whatsapp.models.attendance import Attendance, Outcome
from whatsapp.models.attendance_event import EventKind, Reason
from whatsapp.models.conversation_queryset import WAITS_SINCE
from whatsapp.models.holding import AlreadyClaimed
from whatsapp.models.message import Message
from whatsapp.models.reading import Readable
from whatsapp.models.status import Status
from whatsapp.vocabulary import Delivery, Direction, Origin

MAX_TEXT = 4096
CLOSED = "Esta conversa já foi finalizada."


class Conversation(Readable):
    """The one permanent thread between a number of ours and a contact."""

    contact = models.ForeignKey(
        "whatsapp.Contact", models.PROTECT, related_name="conversations", verbose_name="contato"
    )
    chat_jid = models.CharField("endereço no WhatsApp", max_length=80)
    last_message = models.ForeignKey(
        Message, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    last_message_at = models.DateTimeField("última mensagem", default=timezone.now)
    created_at = models.DateTimeField("criada em", auto_now_add=True)

    class Meta:
        verbose_name = "conversa"
        constraints = [
            models.UniqueConstraint(fields=["session", "contact"], name="one_conversation")
        ]
        indexes = [
            models.Index(fields=["status", "-last_message_at", "-id"], name="conversation_tab"),
            models.Index(fields=["-last_message_at", "-id"], name="conversation_all"),
            models.Index(
                fields=["assigned_to", "-last_message_at", "-id"],
                name="conversation_mine",
                condition=Q(status__in=["pending", "active"]),
            ),
            models.Index(
                WAITS_SINCE,
                "id",
                name="conversation_queue",
                condition=Q(status="pending"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact} · {self.session}"

    @property
    def open_attendance(self) -> Attendance | None:
        return self.attendances.filter(finished_at=None).first()

    def _running(self) -> Attendance | None:
        """Lock the row and return its open attendance; None when the conversation is finished."""
        self.lock()
        if self.status == Status.CLOSED:
            return None
        attendance = self.open_attendance or self.attendances.create(agent=self.assigned_to)
        attendance.conversation = self
        return attendance

    def _must_run(self) -> Attendance:
        attendance = self._running()
        if attendance is None:
            raise NotAllowed(CLOSED)
        return attendance

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
            lock_agent(by)
            queue = cls.objects.visible_to(by).pending().unanswered().longest_waiting_first()
            found = queue.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
            if found:
                found.claim(by)
            return found

    def transfer(self, by: Agent, to: Agent | None, reason: str = "") -> None:
        """Hand it to a colleague, or back to the queue with None. Raises NotAllowed when it is
        finished or not *by*'s to give, and when *to* may not see the number."""
        with transaction.atomic():
            if to:
                lock_agent(to)
            attendance = self._must_run()
            if to:
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
            elif self.assigned_to != by:
                raise AlreadyClaimed(self.assigned_to)

    def write(
        self,
        by: Agent | None,
        text: str,
        key: str,
        *,
        origin: Origin = Origin.DESK,
        reply_to: Message | None = None,
    ) -> Message:
        """Queue *text* for the customer and return its message.

        *key* is the writer's idempotency key: the same key again returns the same message and
        queues nothing. Raises NotAllowed (pt-BR) for an empty or too long text, when the
        conversation is finished, and when it is in somebody else's hands by now; supervisors may
        write into any, and so may the house itself (without *by*).
        """
        if earlier := Message.objects.filter(idempotency_key=key, conversation=self).first():
            return earlier
        with transaction.atomic():
            self.lock()
            self._check_writable(text)
            if by:
                self.check_right(by, Can.WRITE)
            message, created = Message.objects.get_or_create(
                idempotency_key=key,
                defaults={
                    "session_id": self.session_id,
                    "conversation": self,
                    "direction": Direction.OUT,
                    "delivery": Delivery.QUEUED,
                    "origin": origin,
                    "author": by,
                    "body": text.strip(),
                    "reply_to": reply_to,
                },
            )
            if created:
                self._wrote(message)
        return message

    def _check_writable(self, text: str) -> None:
        if not text.strip():
            raise NotAllowed("Escreva uma mensagem antes de enviar.")
        if len(text) > MAX_TEXT:
            raise NotAllowed(f"A mensagem passa de {MAX_TEXT} caracteres; divida em partes.")
        if self.status == Status.CLOSED:
            raise NotAllowed("A conversa foi finalizada. Reabra para escrever.")

    def _wrote(self, message: Message) -> None:
        mine = Conversation.objects.filter(pk=self.pk)
        mine.update(last_message=message, last_message_at=message.at)
        self.last_message, self.last_message_at = message, message.at
        # A greeting that a machine writes is no answer: the customer waits for a person.
        if message.origin != Origin.AUTO:
            self.enter(Status(self.status), self.assigned_to, None)
            if attendance := self._running():
                attendance.answer(message.author, message.at)
        message.announce_added()
        self.announce_changed()
        announce.outbox_filled(self.session_id)

    def wait_anew(self) -> None:
        """The customer waits again where the only answer was discarded."""
        if self.status == Status.CLOSED or self.waiting_since:
            return
        if since := Message.objects.filter(conversation=self).unanswered_since():
            self.enter(Status(self.status), self.assigned_to, since)
            self.announce_changed()

    def typing(self, by: Agent, state: str) -> None:
        """Tell the customer that *by* is ``composing`` or has ``paused``. Raises NotAllowed."""
        self.check_right(by, Can.WRITE)
        announce.agent_typing(self.pk, self.session_id, by.pk, state)
