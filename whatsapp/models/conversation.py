from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import Agent
from accounts.rights import NotAllowed
from clients.search import terms
from live import announce
from whatsapp.models.attendance import Attendance, Outcome
from whatsapp.models.contact import Contact
from whatsapp.models.message import Delivery, Direction, Kind, Message, Origin
from whatsapp.models.session import Session

MAX_TEXT = 4096
# The order of the queue, as its index has it.
WAITS_SINCE = Coalesce("waiting_since", "last_message_at")


class AlreadyClaimed(Exception):
    """Somebody else was faster. `holder` is who, or None when the conversation is finished."""

    def __init__(self, holder: Agent | None) -> None:
        super().__init__(f"{holder} assumiu antes de você." if holder else "Já foi finalizada.")
        self.holder = holder


class Status(models.TextChoices):
    PENDING = "pending", "Pendente"
    ACTIVE = "active", "Ativo"
    CLOSED = "closed", "Finalizado"


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, agent: Agent) -> ConversationQuerySet:
        """The one rule of who sees what: pages, sockets, search, API and export all ask here."""
        if agent.supervises:
            return self
        return self.filter(session__in=Session.objects.visible_to(agent).values("pk"))

    def for_list(self) -> ConversationQuerySet:
        """With everything a row of the list shows, in one query."""
        return self.select_related(
            "session", "contact", "contact__client", "assigned_to", "last_message"
        )

    def search(self, words: str) -> ConversationQuerySet:
        """Those whose contact `Contact.objects.search` finds."""
        if not terms(words):
            return self
        return self.filter(contact__in=Contact.objects.order_by().search(words).values("pk"))

    def pending(self) -> ConversationQuerySet:
        return self.filter(status=Status.PENDING)

    def active(self) -> ConversationQuerySet:
        return self.filter(status=Status.ACTIVE)

    def closed(self) -> ConversationQuerySet:
        return self.filter(status=Status.CLOSED)

    def mine(self, agent: Agent) -> ConversationQuerySet:
        return self.filter(assigned_to=agent)

    def unread(self) -> ConversationQuerySet:
        return self.filter(unread_count__gt=0)

    def newest_first(self) -> ConversationQuerySet:
        return self.order_by("-last_message_at", "-pk")

    def after(self, at: datetime, pk: int) -> ConversationQuerySet:
        """The rows below (at, pk) in the newest-first order: keyset paging. The redundant first
        bound is what lets PostgreSQL walk the index."""
        below = Q(last_message_at__lt=at) | Q(last_message_at=at, pk__lt=pk)
        return self.filter(below, last_message_at__lte=at)

    def longest_waiting_first(
        self, after: tuple[datetime, int] | None = None
    ) -> ConversationQuerySet:
        """The order of the queue, from the row below *after* on. A thread that the customer has
        not written in yet waits since its last message."""
        queue = self.annotate(waits_since=WAITS_SINCE)
        if after:
            at, pk = after
            below = Q(waits_since__gt=at) | Q(waits_since=at, pk__gt=pk)
            queue = queue.filter(below, waits_since__gte=at)
        return queue.order_by("waits_since", "pk")

    def queue(self) -> dict[str, Any]:
        """How many are `pending` and `active`, and since when the `first` of the queue waits (None
        when nobody does). Finished ones are never counted: they only grow."""
        pending, active = Q(status=Status.PENDING), Q(status=Status.ACTIVE)
        return self.filter(status__in=[Status.PENDING, Status.ACTIVE]).aggregate(
            pending=models.Count("pk", filter=pending),
            active=models.Count("pk", filter=active),
            first=models.Min(WAITS_SINCE, filter=pending),
        )


class Conversation(models.Model):
    """The one permanent thread between a number of ours and a contact."""

    session = models.ForeignKey(
        Session, models.PROTECT, related_name="conversations", verbose_name="número"
    )
    contact = models.ForeignKey(
        "whatsapp.Contact", models.PROTECT, related_name="conversations", verbose_name="contato"
    )
    chat_jid = models.CharField("endereço no WhatsApp", max_length=80)
    status = models.CharField(
        "situação", max_length=8, choices=Status.choices, default=Status.PENDING
    )
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="conversations",
        verbose_name="responsável",
    )
    unread_count = models.PositiveIntegerField("não lidas", default=0)
    last_message = models.ForeignKey(
        Message, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    last_message_at = models.DateTimeField("última mensagem", default=timezone.now)
    waiting_since = models.DateTimeField("esperando desde", null=True, blank=True)
    created_at = models.DateTimeField("criada em", auto_now_add=True)

    objects = ConversationQuerySet.as_manager()

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

    def announce_changed(self) -> None:
        announce.conversation_changed(self.session_id, self.pk)

    @property
    def open_attendance(self) -> Attendance | None:
        return self.attendances.filter(finished_at=None).first()

    def claim(self, agent: Agent, instead_of: Agent | None = None) -> None:
        """Make *agent* responsible, in one statement: of two at once, one wins.

        A pending conversation is claimed from nobody; taking over a colleague's names the
        colleague, so that a third one's claim in between is noticed. Raises AlreadyClaimed.
        """
        with transaction.atomic():
            free = Conversation.objects.filter(pk=self.pk, assigned_to=instead_of)
            won = free.exclude(status=Status.CLOSED).update(
                assigned_to=agent, status=Status.ACTIVE, waiting_since=None
            )
            self.refresh_from_db()
            if not won:
                if self.assigned_to == agent and self.status == Status.ACTIVE:
                    return
                raise AlreadyClaimed(self.assigned_to)
            self._attendance_claimed_by(agent)
            self._log(f"{agent} assumiu o atendimento {self.open_attendance}")
            self._mark_seen()
            self.announce_changed()

    @classmethod
    def claim_next(cls, agent: Agent) -> Conversation | None:
        """Claim whoever has waited longest; None when nobody waits. Of several agents at once each
        gets another one."""
        with transaction.atomic():
            # Whom our own phone has answered waits for nobody, though no agent has him yet.
            waiting = cls.objects.visible_to(agent).pending().filter(waiting_since__isnull=False)
            queue = waiting.longest_waiting_first()
            found = queue.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
            if found:
                found.claim(agent)
            return found

    def transfer(self, by: Agent, to: Agent | None) -> None:
        """Hand the conversation to a colleague, or back to the queue with None.

        Raises NotAllowed when it is finished.
        """
        status = Status.ACTIVE if to else Status.PENDING
        waiting = None if to else timezone.now()
        with transaction.atomic():
            open_ones = Conversation.objects.filter(pk=self.pk).exclude(status=Status.CLOSED)
            if not open_ones.update(assigned_to=to, status=status, waiting_since=waiting):
                raise NotAllowed("Esta conversa já foi finalizada.")
            self.refresh_from_db()
            self.attendances.filter(finished_at=None).update(agent=to)
            self._log(f"{by} transferiu para {to or 'a fila'}")
            self.announce_changed()

    def finish(self, by: Agent, outcome: Outcome) -> None:
        """Close the open attendance with a reason. Raises NotAllowed when it is closed already, or
        in somebody else's hands by now (supervisors may all the same)."""
        with transaction.atomic():
            self._hold()
            if self.status == Status.CLOSED:
                raise NotAllowed("Esta conversa já foi finalizada.")
            self.must_be_with(by, "finalizar")
            self.status, self.unread_count, self.waiting_since = Status.CLOSED, 0, None
            self.save(update_fields=["status", "unread_count", "waiting_since"])
            attendance = self.open_attendance
            self.attendances.filter(finished_at=None).update(
                finished_at=timezone.now(), outcome=outcome
            )
            self._mark_seen()
            self._log(f"{by} finalizou o atendimento {attendance}: {Outcome(outcome).label}")
            self.announce_changed()

    def reopen(self, agent: Agent) -> None:
        """Open a new attendance in *agent*'s hands. Raises AlreadyClaimed when it is open."""
        with transaction.atomic():
            closed = Conversation.objects.filter(pk=self.pk, status=Status.CLOSED)
            won = closed.update(status=Status.ACTIVE, assigned_to=agent, waiting_since=None)
            self.refresh_from_db()
            if not won:
                if self.assigned_to == agent:
                    return
                raise AlreadyClaimed(self.assigned_to)
            attendance = self.attendances.create(agent=agent, claimed_at=timezone.now())
            self._log(f"{agent} abriu o atendimento {attendance}")
            self.announce_changed()

    def write(
        self,
        author: Agent | None,
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
        write into any, and so may the house itself (no *author*).
        """
        if earlier := Message.objects.filter(idempotency_key=key, conversation=self).first():
            return earlier
        with transaction.atomic():
            self._hold()
            self._check_writable(text)
            if author:
                self.must_be_with(author, "escrever")
            message, created = Message.objects.get_or_create(
                idempotency_key=key,
                defaults={
                    "session_id": self.session_id,
                    "conversation": self,
                    "direction": Direction.OUT,
                    "origin": origin,
                    "author": author,
                    "body": text.strip(),
                    "reply_to": reply_to,
                    "delivery": Delivery.QUEUED,
                },
            )
            if created:
                self._wrote(message)
        return message

    def _hold(self) -> None:
        """Keep others from changing the row until the transaction ends, and read it as it is."""
        self.refresh_from_db(from_queryset=Conversation.objects.select_for_update(no_key=True))

    def must_be_with(self, agent: Agent, verb: str) -> None:
        """Raises NotAllowed (pt-BR) unless *agent* has it, or supervises those who do."""
        if self.assigned_to == agent or agent.supervises:
            return
        if self.assigned_to is None:
            raise NotAllowed(f"Esta conversa não está com você. Assuma para {verb}.")
        raise NotAllowed(f"{self.assigned_to} está com esta conversa. Assuma para {verb}.")

    def _check_writable(self, text: str) -> None:
        if not text.strip():
            raise NotAllowed("Escreva uma mensagem antes de enviar.")
        if len(text) > MAX_TEXT:
            raise NotAllowed(f"A mensagem passa de {MAX_TEXT} caracteres; divida em partes.")
        if self.status == Status.CLOSED:
            raise NotAllowed("A conversa foi finalizada. Reabra para escrever.")

    def _wrote(self, message: Message) -> None:
        self._show_last(message)
        self.attendances.filter(finished_at=None, first_answer_at=None).update(
            first_answer_at=message.at
        )
        message.announce_added()
        self.announce_changed()
        announce.outbox_filled(self.session_id)

    def mark_read(self, by: Agent) -> None:
        """The agent has seen all there is: clear the counter, and owe WhatsApp the receipts.

        Raises NotAllowed when somebody else has it; supervisors may all the same.
        """
        self.must_be_with(by, "marcar como lida")
        with transaction.atomic():
            seen = self._mark_seen()
            cleared = Conversation.objects.filter(pk=self.pk, unread_count__gt=0).update(
                unread_count=0
            )
            if seen or cleared:
                self.refresh_from_db(fields=["unread_count"])
                self.announce_changed()

    def mark_unread(self) -> None:
        """Put the counter back to one, so that the conversation is found again. WhatsApp is not
        told: a read receipt cannot be taken back."""
        with transaction.atomic():
            if Conversation.objects.filter(pk=self.pk, unread_count=0).update(unread_count=1):
                self.refresh_from_db(fields=["unread_count"])
                self.announce_changed()

    def _mark_seen(self) -> int:
        unseen = Message.objects.filter(
            conversation=self, direction=Direction.IN, seen_at__isnull=True
        )
        seen = unseen.update(seen_at=timezone.now())
        if seen:
            Conversation.objects.filter(pk=self.pk).update(unread_count=0)
            self.unread_count = 0
            announce.outbox_filled(self.session_id)
        return seen

    def _attendance_claimed_by(self, agent: Agent) -> None:
        self.attendances.filter(finished_at=None).update(
            agent=agent, claimed_at=Coalesce(F("claimed_at"), timezone.now())
        )

    def _show_last(self, message: Message) -> None:
        Conversation.objects.filter(pk=self.pk).update(
            last_message=message, last_message_at=message.at
        )
        self.last_message, self.last_message_at = message, message.at

    def _log(self, text: str) -> None:
        """Add a line about the attendance to the thread. It is nobody's message, so the list does
        not show it."""
        line = Message.objects.create(
            session_id=self.session_id,
            conversation=self,
            direction=Direction.SYSTEM,
            kind=Kind.SYSTEM,
            origin=Origin.DESK,
            body=text,
        )
        line.announce_added()
