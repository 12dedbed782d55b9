"""In whose hands a conversation is, and who may do what to it."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models.expressions import Combinable

from accounts.models import Agent
from accounts.rights import Can, NotAllowed, Scope, scope_of
from live import announce
from whatsapp.models.conversation_queryset import ConversationQuerySet
from whatsapp.models.session import Session
from whatsapp.models.status import Status

# What is refused, in the words of the refusal.
INFINITIVES: dict[Can, str] = {
    Can.SEE_CONVERSATION: "ver",
    Can.CLAIM: "assumir",
    Can.TAKE_OVER: "assumir",
    Can.TRANSFER: "transferir",
    Can.FINISH: "finalizar",
    Can.REOPEN: "reabrir",
    Can.WRITE: "escrever",
    Can.MARK_READ: "marcar como lida",
    Can.MARK_UNREAD: "marcar como não lida",
    Can.RESEND: "mexer nas mensagens",
}
TRIPLE = ("status", "assigned_to", "waiting_since")


class AlreadyClaimed(Exception):
    """Somebody else was faster. `holder` is who, or None when the conversation is finished."""

    def __init__(self, holder: Agent | None) -> None:
        super().__init__(f"{holder} assumiu antes de você." if holder else "Já foi finalizada.")
        self.holder = holder


class Held(models.Model):
    """A thread of a number that is in the queue, in somebody's hands, or finished.

    Status, holder and wait belong together and are written by `enter` alone; the wire does the same
    in SQL for many at once (`worker.receive`). Of a finished one `assigned_to` is who had it last.
    `waiting_since` is when the first message came that nobody has answered, or when an answered
    conversation was put back into the queue; claiming does not end a wait, an answer does.
    """

    # PROTECT: a number with threads is unlinked and stays readable; it is never removed.
    session = models.ForeignKey(
        Session, models.PROTECT, related_name="conversations", verbose_name="número"
    )
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
    waiting_since = models.DateTimeField("esperando desde", null=True, blank=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        abstract = True

    def enter(
        self, status: Status, agent: Agent | None, waiting_since: datetime | Combinable | None
    ) -> None:
        """Write the triple and read it back. The caller holds the row's lock (`lock`)."""
        # By query and read back: *waiting_since* may be an expression on the row (`WAITS_ON`).
        mine = type(self).objects.filter(pk=self.pk)
        mine.update(status=status, assigned_to=agent, waiting_since=waiting_since)
        self.refresh_from_db(fields=TRIPLE)

    def lock(self) -> None:
        """Keep others from changing the row until the transaction ends, and read it as it is."""
        # NO KEY: messages and attendances that refer to it may be inserted meanwhile. Only the
        # triple is read anew; what else the instance holds may be old.
        locked = type(self).objects.select_for_update(no_key=True)
        self.refresh_from_db(fields=TRIPLE, from_queryset=locked)

    def announce_changed(self) -> None:
        announce.conversation_changed(self.session_id, self.pk)

    def distance(self, agent: Agent, visible: bool | None = None) -> Scope:
        """How far from *agent* it is, for `accounts.rights`.

        OWN in his hands, FREE in nobody's, VISIBLE in a colleague's, ALL of a number that he may
        not see. That last costs a query, unless *visible* says what the caller knows already.
        """
        if visible is None:
            visible = Session.objects.visible_to(agent).filter(pk=self.session_id).exists()
        if not visible:
            return Scope.ALL
        if self.assigned_to_id == agent.pk:
            return Scope.OWN
        return Scope.FREE if self.assigned_to_id is None else Scope.VISIBLE

    def check_right(self, by: Agent, can: Can) -> None:
        """Raises NotAllowed (pt-BR) unless the table of rights lets *by* do *can* to it."""
        distance = self.distance(by)
        if by.may(can, distance):
            return
        verb = INFINITIVES[can]
        # First what claiming would not mend: those words must not advise it.
        if distance == Scope.ALL or scope_of(by, can) == Scope.NONE:
            raise NotAllowed(f"Você não pode {verb} conversas deste número.")
        if self.assigned_to is None:
            raise NotAllowed(f"Esta conversa não está com você. Assuma para {verb}.")
        raise NotAllowed(f"{self.assigned_to} está com esta conversa. Assuma para {verb}.")
