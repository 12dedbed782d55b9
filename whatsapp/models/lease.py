"""Ownership of a number: a lease that one worker holds, renews, and gives back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self, TypeVar

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

Row = TypeVar("Row", bound=models.Model)


class LeaseLost(Exception):
    """Another worker owns the number now: close the socket and write nothing more."""


class LeasedQuerySet(models.QuerySet[Row]):
    def free_for(self, owner: str) -> Self:
        """Rows nobody else holds: never held, released, lapsed, or already *owner*'s."""
        # By PostgreSQL's clock: hosts may disagree about the time.
        lapsed = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())
        return self.filter(lapsed | Q(lease_owner=owner))


class Leased(models.Model):
    """A row that one worker at a time may own, with what that worker last said of itself.

    The epoch grows with each owner; whoever writes for the number checks it with `fence`, so that
    a worker which was frozen past its lease can do no harm when it wakes.
    """

    lease_owner = models.CharField("dono", max_length=120, blank=True)
    lease_epoch = models.BigIntegerField("época", default=0)
    lease_until = models.DateTimeField("dono até", null=True, blank=True)
    spool_depth = models.PositiveIntegerField("no spool", default=0)
    last_event_at = models.DateTimeField("último evento", null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def owned(self) -> bool:
        """Whether some worker holds an unexpired lease on this number."""
        # By this host's clock, near enough for a page; who may take it is asked of PostgreSQL's.
        return self.lease_until is not None and self.lease_until > timezone.now()

    def acquire(self, owner: str) -> bool:
        """Take the lease for *owner* with a new epoch; False when somebody else holds it."""
        # One conditional UPDATE: of two owners PostgreSQL serves one. Its present owner may take it
        # again, and the new epoch fences off what is left of his earlier process.
        free = self._rows().free_for(owner)
        taken = free.update(
            lease_owner=owner, lease_until=_lease_end(), lease_epoch=F("lease_epoch") + 1
        )
        if taken:
            self.refresh_from_db()
        return bool(taken)

    def renew(self, spool_depth: int, last_event_at: datetime | None) -> None:
        """Keep the lease, and say what the worker has; without an event the last one stands.

        Raises LeaseLost when the epoch moved on.
        """
        heard = Coalesce(models.Value(last_event_at, models.DateTimeField()), "last_event_at")
        renewed = self._mine().update(
            lease_until=_lease_end(), spool_depth=spool_depth, last_event_at=heard
        )
        if not renewed:
            raise LeaseLost(f"número {self.pk}")

    def release(self) -> None:
        """Give the lease back at once, so that the next worker need not wait for it to lapse."""
        # By epoch: whoever was overtaken releases nothing of the new owner's.
        self._mine().update(lease_until=None, lease_owner="")

    def fence(self) -> None:
        """Lock the number's row for this transaction, if the lease is still ours.

        Inbox and outbox both begin here: it fences off a worker that was frozen past its lease,
        and it makes a receipt wait for the row that it acknowledges. Raises LeaseLost.
        """
        # NO KEY: rows that refer to the number may be inserted by others meanwhile.
        sql = f"SELECT 1 FROM {self._meta.db_table} WHERE id = %s AND lease_epoch = %s"
        with connection.cursor() as cursor:
            cursor.execute(sql + " FOR NO KEY UPDATE", [self.pk, self.lease_epoch])
            if cursor.fetchone() is None:
                raise LeaseLost(f"número {self.pk}")

    def _rows(self) -> LeasedQuerySet[Self]:
        return LeasedQuerySet(type(self)).filter(pk=self.pk)

    def _mine(self) -> LeasedQuerySet[Self]:
        return self._rows().filter(lease_epoch=self.lease_epoch)


def _lease_end() -> models.Expression:
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)
