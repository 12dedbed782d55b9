from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models.expressions import RawSQL
from django.utils import timezone


class ChangeKind(models.TextChoices):
    MESSAGE_ADDED = "message_added", "mensagem nova"
    MESSAGE_CHANGED = "message_changed", "mensagem alterada"
    CONVERSATION_CHANGED = "conversation_changed", "conversa alterada"
    SESSION_CHANGED = "session_changed", "número alterado"
    CLIENT_CHANGED = "client_changed", "cliente alterado"


class TransactionId(models.Func):
    """The id of the running transaction, as it counts on for the life of the cluster."""

    # 64 bits that never wrap, unlike a row's xmin. A cluster restored from a dump begins anew: the
    # old one's changes would look as if still to come.
    template = "pg_current_xact_id()::text::bigint"
    output_field = models.BigIntegerField()


def xmin(snapshot: str) -> int:
    """Of "xmin:xmax:those under way", as PostgreSQL writes a snapshot: all below it have ended."""
    return int(snapshot.partition(":")[0])


class SeenIn(models.Func):
    """Whether a snapshot, as PostgreSQL writes it, sees what a transaction wrote."""

    template = "pg_visible_in_snapshot(%(expressions)s::pg_snapshot)"
    # Django knows no xid8, and from bigint there is no cast but by way of text.
    arg_joiner = "::text::xid8, "
    output_field = models.BooleanField()


class ChangeQuerySet(models.QuerySet["Change"]):
    """Ids are given at INSERT and seen at COMMIT, so `id > last` loses what was slow to commit.
    What a snapshot could not see, however, PostgreSQL can say exactly."""

    def since(self, cursor: int) -> ChangeQuerySet:
        """All that a snapshot with this xmin (`announce.cursor`) could not see, oldest first.

        And some that it could see: who asks must bear to be told twice."""
        # By the index change_since, from the cursor on and in its order.
        return self.filter(xid__gte=cursor).order_by("xid", "pk")

    def unseen(self, snapshot: str) -> ChangeQuerySet:
        """What *snapshot* (`announce.snapshot`) could not see, and no more. Each row tells by which
        snapshot it was read, as `snapshot`: the one to ask with the next time."""
        rows = self.since(xmin(snapshot))
        rows = rows.exclude(SeenIn("xid", models.Value(snapshot)))
        # In the statement that reads the rows: asked for apart, it could see more than was read.
        return rows.annotate(snapshot=RawSQL("pg_current_snapshot()::text", []))

    def missed_since(self, cursor: int, most: int) -> list[Change] | None:
        """The changes that a page with this cursor has not seen; None when they are more than
        *most*, or some may be gone: the newest change is never pruned, so that one older than
        *cursor* shows that none is."""
        # In this order: what is pruned in between makes the page reload, and is not missed.
        found = list(self.since(cursor)[: most + 1])
        oldest = self.order_by("pk").values_list("xid", flat=True).first()
        gone = oldest is not None and cursor < oldest
        return None if len(found) > most or gone else found

    def without_event(self) -> ChangeQuerySet:
        """What the API's events do not have yet."""
        return self.filter(in_events=False)

    def expired(self, hours: float) -> ChangeQuerySet:
        return self.filter(at__lt=timezone.now() - timedelta(hours=hours))


class Change(models.Model):
    """One row that changed: its kind and ids, for all who watch.

    `subject_id` is the row that the kind is about (a message, a client), where that is not the
    conversation or the number itself. No foreign keys: a change may outlive its row, and costs no
    look-ups at insert.
    """

    # No choices: a new kind is no new migration.
    kind = models.CharField(max_length=24)
    session_id = models.BigIntegerField(null=True)
    conversation_id = models.BigIntegerField(null=True)
    subject_id = models.BigIntegerField(null=True)
    at = models.DateTimeField(default=timezone.now)
    xid = models.BigIntegerField(db_default=TransactionId(), editable=False)
    in_events = models.BooleanField(default=False, db_default=False)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = "mudança"
        verbose_name_plural = "mudanças"
        indexes = [
            models.Index(fields=["xid", "id"], name="change_since"),
            # Partial: holds the few that events wait for, however many are kept.
            models.Index(
                fields=["id"], name="change_without_event", condition=models.Q(in_events=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
