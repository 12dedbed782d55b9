"""How often somebody may guess: one row for each account and for each address that failed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models
from django.utils import timezone

# Wrong passwords of one account before it waits, and the longest wait.
FREE_TRIES = 5
LONGEST_MINUTES = 15
# After so long without a wrong password an account's count begins anew.
ACCOUNT_MEMORY = timedelta(hours=12)
# Failures of one address, whatever the names, within the window.
ADDRESS_TRIES = 30
ADDRESS_WINDOW = timedelta(minutes=15)
# Longer than ACCOUNT_MEMORY and any lock, or forgetting a row would free somebody.
KEPT = timedelta(days=1)

# Counts the try before the password is looked at, in one statement: of a hundred at once only as
# many as are free are checked. A locked row is not touched, so nobody makes a wait longer by
# knocking. The count is taken back by the right password (`forgive`).
# clock_timestamp(), since now() stands still within a transaction and the row may be waited for.
# The inner least() keeps power() small after days of tries; a CASE without ELSE takes the lock off.
_TRY_ACCOUNT = """
    INSERT INTO accounts_loginlimit AS known (kind, key, failures, since)
    VALUES (%(kind)s, %(key)s, 1, clock_timestamp())
    ON CONFLICT (kind, key) DO UPDATE SET
        failures = CASE WHEN known.since < clock_timestamp() - %(memory)s THEN 1
                        ELSE known.failures + 1 END,
        locked_until = CASE
            WHEN known.since >= clock_timestamp() - %(memory)s AND known.failures + 1 >= %(free)s
            THEN clock_timestamp() + interval '1 minute'
                 * least(power(2, least(known.failures + 1 - %(free)s, 10)), %(longest)s) END,
        since = clock_timestamp()
    WHERE known.locked_until IS NULL OR known.locked_until <= clock_timestamp()
    RETURNING locked_until"""

# Here `since` is the beginning of the window.
# The lock ends with the window, so that an office waits 15 minutes at most. No WHERE as above: an
# address that is locked gets no further than the beginning of `Attempt`.
_FAIL_ADDRESS = """
    INSERT INTO accounts_loginlimit AS known (kind, key, failures, since)
    VALUES (%(kind)s, %(key)s, 1, clock_timestamp())
    ON CONFLICT (kind, key) DO UPDATE SET
        failures = CASE WHEN known.since < clock_timestamp() - %(window)s THEN 1
                        ELSE known.failures + 1 END,
        locked_until = CASE
            WHEN known.since >= clock_timestamp() - %(window)s AND known.failures + 1 >= %(tries)s
            THEN known.since + %(window)s END,
        since = CASE WHEN known.since < clock_timestamp() - %(window)s THEN clock_timestamp()
                     ELSE known.since END
    RETURNING locked_until"""


class LimitKind(models.TextChoices):
    ACCOUNT = "account", "Conta"
    # A name that no account has: counted alike, so that a lock does not tell which names exist.
    UNKNOWN = "unknown", "Nome sem conta"
    ADDRESS = "address", "Endereço"


class LoginLimitQuerySet(models.QuerySet["LoginLimit"]):
    def locked(self) -> LoginLimitQuerySet:
        return self.filter(locked_until__gt=timezone.now())

    def forget_old(self) -> int:
        """Delete what no rule asks any more; returns how many rows."""
        return self.filter(since__lt=timezone.now() - KEPT).delete()[0]

    def forgive(self, kind: LimitKind, key: str) -> bool:
        """Begin anew for *key*; returns whether it was locked."""
        # Count and lock go with the row, and the count of a try that is under way.
        rows = self.filter(kind=kind, key=key)
        was_locked = rows.locked().exists()
        return bool(rows.delete()[0]) and was_locked

    def locked_until(self, kind: LimitKind, key: str) -> datetime | None:
        rows = self.locked().filter(kind=kind, key=key)
        return rows.values_list("locked_until", flat=True).first()

    def take_try(self, kind: LimitKind, key: str) -> tuple[bool, datetime | None]:
        """Count a try for an account before its password is checked.

        Returns whether it may be checked at all, and until when the row is locked from now on.
        """
        values = {"memory": ACCOUNT_MEMORY, "free": FREE_TRIES, "longest": LONGEST_MINUTES}
        row = self._execute(_TRY_ACCOUNT, {"kind": kind.value, "key": key, **values})
        # No row means that the WHERE found it locked; by this next statement it may have run out.
        return (True, row[0]) if row else (False, self.locked_until(kind, key))

    def fail_address(self, address: str) -> datetime | None:
        """Count a failure of *address*; returns until when it is locked, or None."""
        values = {"window": ADDRESS_WINDOW, "tries": ADDRESS_TRIES}
        kind = LimitKind.ADDRESS.value
        row = self._execute(_FAIL_ADDRESS, {"kind": kind, "key": address, **values})
        return row[0] if row else None

    @staticmethod
    def _execute(sql: str, values: dict[str, Any]) -> tuple[datetime | None] | None:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            row: tuple[datetime | None] | None = cursor.fetchone()
            return row


class LoginLimit(models.Model):
    """Failed log-ins of one account (`key` its id), unknown name (a keyed hash) or address.

    `since` is the last try of an account, the beginning of the window of an address.
    """

    kind = models.CharField(max_length=8, choices=LimitKind.choices)
    key = models.CharField(max_length=64)
    failures = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(default=timezone.now, db_index=True)
    locked_until = models.DateTimeField(null=True)

    objects = LoginLimitQuerySet.as_manager()

    class Meta:
        verbose_name = "limite de tentativas"
        verbose_name_plural = "limites de tentativas"
        # What ON CONFLICT names, and the index of every question here.
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="one_login_limit")]

    def __str__(self) -> str:
        return f"{self.kind} {self.failures}"
