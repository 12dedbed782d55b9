"""Writing to the customer, and what an answer does to the conversation."""

from __future__ import annotations

from django.db import models, transaction
from django.utils import timezone

from accounts.models import Agent
from accounts.rights import Can, NotAllowed
from live import announce
from whatsapp.models.attendance import Attendance
from whatsapp.models.first_answer import withdraw_answer
from whatsapp.models.message import Message
from whatsapp.models.reading import Readable
from whatsapp.models.status import Status
from whatsapp.vocabulary import Delivery, Direction, Origin

# The house's own limit; WhatsApp's is `contents.MAX_TEXT`.
MAX_TEXT = 4096


class Writable(Readable):
    """A held thread in which the team writes; its list shows the last message."""

    # No index: nobody looks from a message for the thread whose last one it is.
    last_message = models.ForeignKey(
        Message, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    last_message_at = models.DateTimeField("última mensagem", default=timezone.now)

    class Meta:
        abstract = True

    @property
    def open_attendance(self) -> Attendance | None:
        return Attendance.objects.filter(conversation=self.pk, finished_at=None).first()

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
        # Before the right: a request that is repeated after a hand-over gets its answer, no
        # refusal.
        if earlier := Message.objects.filter(idempotency_key=key, conversation=self.pk).first():
            return earlier
        with transaction.atomic():
            self.lock()
            self._check_writable(text)
            if by:
                self.check_right(by, Can.WRITE)
            return self._queue(by, text.strip(), key, origin, reply_to)

    def _queue(
        self, by: Agent | None, body: str, key: str, origin: Origin, reply_to: Message | None
    ) -> Message:
        # Of two with one key the constraint lets one insert. A key that was used in another thread
        # gives the message there: the API compares them, pages make a UUID for each text.
        message, created = Message.objects.get_or_create(
            idempotency_key=key,
            defaults={
                "session_id": self.session_id,
                "conversation_id": self.pk,
                "direction": Direction.OUT,
                "delivery": Delivery.QUEUED,
                "origin": origin,
                "author": by,
                "body": body,
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
        mine = type(self).objects.filter(pk=self.pk)
        mine.update(last_message=message, last_message_at=message.at)
        self.last_message, self.last_message_at = message, message.at
        # A greeting that a machine writes is no answer: the customer waits for a person.
        if message.origin != Origin.AUTO:
            self.enter(Status(self.status), self.assigned_to, None)
            if attendance := self.open_attendance:
                attendance.answer(message.author, message.at)
        message.announce_added()
        self.announce_changed()
        announce.outbox_filled(self.session_id)

    def answer_withdrawn(self, message: Message) -> None:
        """The customer waits on where the only answer, *message*, failed or was discarded."""
        withdraw_answer(message)
        # Of a finished one `Attendance.open` asks anew.
        if self.status == Status.CLOSED:
            return
        since = Message.objects.filter(conversation=self.pk).unanswered_since()
        # Never later: he may have asked again since, or have been put back into the queue.
        if since and not (self.waiting_since and self.waiting_since <= since):
            self.enter(Status(self.status), self.assigned_to, since)
            self.announce_changed()

    def answer_restored(self, message: Message) -> None:
        """*message*, which had failed or was in doubt, is to go out again and answers again."""
        attendance = self.open_attendance
        if message.origin == Origin.AUTO or attendance is None:
            return
        # Questions that came after it stay open.
        since = Message.objects.filter(conversation=self.pk).unanswered_since()
        self.enter(Status(self.status), self.assigned_to, since)
        attendance.answer(message.author, max(message.at, attendance.opened_at))
        self.announce_changed()

    def typing(self, by: Agent, state: str) -> None:
        """Tell the customer that *by* is ``composing`` or has ``paused``. Raises NotAllowed."""
        self.check_right(by, Can.WRITE)
        announce.agent_typing(self.pk, self.session_id, by.pk, state)
