from __future__ import annotations

import unicodedata
from datetime import date, datetime
from typing import Any, NoReturn

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone

# An agent read a conversation; "conversation.opened" is an attendance that began.
VIEWED = "conversation.viewed"


class Door(models.TextChoices):
    PAGE = "page", "Página"
    API = "api", "API"
    ADMIN = "admin", "Admin"
    COMMAND = "command", "Comando"
    WIRE = "wire", "WhatsApp"


def plain(text: str) -> str:
    """*text* in small letters, without accents: how labels are compared with what is searched."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in letters if not unicodedata.combining(one))


class Unchangeable(TypeError):
    """Somebody tried to change or delete an entry of the audit."""


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """Questions to the audit. Changing and deleting raise Unchangeable."""

    def newest_first(self) -> AuditQuerySet:
        return self.order_by("-at", "-id")

    def below(self, at: datetime, pk: int) -> AuditQuerySet:
        """Older than the entry (at, pk): keyset paging."""
        # The redundant first bound is what lets PostgreSQL walk the index from there.
        return self.filter(Q(at__lt=at) | Q(at=at, pk__lt=pk), at__lte=at)

    def above(self, at: datetime, pk: int) -> AuditQuerySet:
        """Newer than the entry (at, pk)."""
        return self.filter(Q(at__gt=at) | Q(at=at, pk__gt=pk), at__gte=at)

    def on_days(self, first: date | None, last: date | None) -> AuditQuerySet:
        """From the beginning of *first* to the end of *last*, in local time."""
        found = self
        if first:
            found = found.filter(at__gte=_midnight(first))
        if last:
            found = found.filter(at__lt=_midnight(date.fromordinal(last.toordinal() + 1)))
        return found

    def search(self, words: str) -> AuditQuerySet:
        """Entries whose label, what the object was called then, holds *words* without accents."""
        # Both sides through `plain`. The index of trigrams serves from three letters on.
        return self.filter(label_plain__contains=plain(words))

    def forget(self, before: datetime) -> int:
        """Delete what is older than *before*: retention, and nothing else. Returns the rows."""
        # A plain QuerySet, since this one refuses to delete.
        return models.QuerySet(AuditEntry, using=self.db).filter(at__lt=before).delete()[0]

    def update(self, **kwargs: Any) -> NoReturn:
        raise Unchangeable("A auditoria não se altera.")

    def delete(self) -> NoReturn:
        raise Unchangeable("A auditoria não se apaga.")


def _midnight(day: date) -> datetime:
    zone = timezone.get_current_timezone()
    return datetime(day.year, day.month, day.day, tzinfo=zone)


class AuditEntry(models.Model):
    """One thing that was done: by whom, through which door, to what, from which value to which.

    `verb` is what was done (``client.email``, ``login.failed``, ``conversation.viewed``); its
    words for people are made when it is shown (`accounts.audit_words`). `object_type` and
    `object_id` name the row, `label` what it was called then. Never changed, never holds a secret.
    """

    at = models.DateTimeField("quando", default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        # `audit_actor` begins with it, and has the order as well.
        db_index=False,
        verbose_name="quem",
    )
    actor_name = models.CharField("nome", max_length=160, blank=True)
    door = models.CharField("porta", max_length=8, choices=Door.choices)
    address = models.CharField("endereço", max_length=64, blank=True)
    verb = models.CharField("o quê", max_length=40)
    # What the verb is about: the part before its dot.
    # Stored by PostgreSQL, so that no writer can make it differ, and a filter has its index.
    kind = models.GeneratedField(
        expression=Func(F("verb"), Value("."), Value(1), function="split_part"),
        output_field=models.CharField(max_length=40),
        db_persist=True,
    )
    # No foreign keys from here on: an entry outlives the row that it tells of.
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.BigIntegerField(null=True, blank=True)
    label = models.CharField("onde", max_length=160, blank=True)
    label_plain = models.CharField(max_length=200, blank=True, editable=False)
    conversation_id = models.BigIntegerField(null=True, blank=True)
    client_id = models.BigIntegerField(null=True, blank=True)
    old = models.CharField("de", max_length=300, blank=True)
    new = models.CharField("para", max_length=300, blank=True)
    # Only of VIEWED, which is written once for each agent, conversation and day.
    day = models.DateField(null=True, blank=True, editable=False)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = "registro de auditoria"
        verbose_name_plural = "registros de auditoria"
        ordering = ["-at", "-id"]
        constraints = [
            # `audit.opened` inserts without asking; a second one of the day is ignored by this.
            models.UniqueConstraint(
                fields=["actor", "conversation_id", "day"],
                condition=Q(verb=VIEWED),
                name="audit_opened_once",
            )
        ]
        indexes = [
            # Each filter with the order of the page, so that a page costs the same however long the
            # trail is (`test_each_filter_has_its_index`). The partial ones cost nothing to entries
            # of no client or conversation.
            models.Index(F("at").desc(), F("id").desc(), name="audit_newest"),
            models.Index("actor", F("at").desc(), F("id").desc(), name="audit_actor"),
            models.Index("door", F("at").desc(), F("id").desc(), name="audit_door"),
            models.Index("kind", F("at").desc(), F("id").desc(), name="audit_kind"),
            models.Index(
                "client_id",
                F("at").desc(),
                F("id").desc(),
                name="audit_client",
                condition=Q(client_id__isnull=False),
            ),
            models.Index(
                "conversation_id",
                F("at").desc(),
                F("id").desc(),
                name="audit_conversation",
                condition=Q(conversation_id__isnull=False),
            ),
            GinIndex(OpClass("label_plain", name="gin_trgm_ops"), name="audit_label"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%d/%m/%Y %H:%M} {self.actor_name} {self.verb} {self.label}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a new entry. Raises Unchangeable for one that exists."""
        if not self._state.adding:
            raise Unchangeable("A auditoria não se altera.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise Unchangeable("A auditoria não se apaga.")
