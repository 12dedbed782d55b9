"""The one rule about guessing passwords, for the log-in page, the API's tokens and the admin.

Five wrong passwords of one account, from anywhere, lock it for 1 minute; each further one for 2, 4,
8 and then 15. Thirty failures of one address within 15 minutes lock the address, so a colleague's
mistakes in the same office lock nobody else out. A supervisor unlocks (`people.unlock`).
"""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import audit
from accounts.models import Agent, LimitKind, LoginLimit

UNKNOWN = "nome desconhecido"


class Locked(Exception):
    """Too many failures: nobody may try again before `until` (aware)."""

    def __init__(self, until: datetime, of_account: bool) -> None:
        self.until, self.of_account = until, of_account
        super().__init__(f"Muitas tentativas: {self.what} está bloqueado até {self.clock}.")

    @property
    def what(self) -> str:
        return "o acesso" if self.of_account else "este endereço"

    @property
    def clock(self) -> str:
        """The end of the lock, ``10:42``, rounded up to the minute: at that time it is open."""
        end = timezone.localtime(self.until)
        minute = end.replace(second=0, microsecond=0)
        return f"{minute if minute == end else minute + timedelta(minutes=1):%H:%M}"

    @property
    def seconds(self) -> int:
        return max(1, int((self.until - timezone.now()).total_seconds()) + 1)


class Attempt:
    """One try to log in as *name*. Making it raises Locked; then say `failed` or `succeeded`."""

    def __init__(self, name: str, address: str) -> None:
        self.name, self.address = _normal(name), address
        self.agent = Agent.objects.filter(username=self.name).first()
        self.kind = LimitKind.ACCOUNT if self.agent else LimitKind.UNKNOWN
        self.key = str(self.agent.pk) if self.agent else _hidden(self.name)
        # First of all: a locked address takes no tries from the accounts that it goes on naming.
        if until := LoginLimit.objects.locked_until(LimitKind.ADDRESS, address):
            raise Locked(until, of_account=False)
        allowed, self.until = LoginLimit.objects.take_try(self.kind, self.key)
        if not allowed:
            # No end known: the lock ran out between the two statements of `take_try`.
            raise Locked(self.until or timezone.now(), of_account=True)

    # Entries and the address's count stand together. `failed` raises Locked only after this has
    # committed: raised within, it would take the count back.
    @transaction.atomic
    def _count(self) -> datetime | None:
        self._record("login.failed")
        if self.until:
            self._record("login.locked", self.until)
        until = LoginLimit.objects.fail_address(self.address) if self.address else None
        if until:
            audit.record(None, "login.address_locked", new=_clock(until))
        LoginLimit.objects.forget_old()
        return until

    def failed(self) -> None:
        """The password was wrong. Raises Locked when that was one too many."""
        until = self._count()
        if self.until:
            raise Locked(self.until, of_account=True)
        if until:
            raise Locked(until, of_account=False)

    def succeeded(self) -> None:
        """The password was right: the account's count begins anew, the address's goes on."""
        # Were the address forgiven, one account of his own would give a guesser new tries for ever.
        LoginLimit.objects.forgive(self.kind, self.key)

    def _record(self, verb: str, until: datetime | None = None) -> None:
        # People type their password into the name's field: only names that exist are written down.
        label = "" if self.agent else UNKNOWN
        audit.record(None, verb, self.agent, new=_clock(until) if until else "", label=label)


def unlock_address(address: str) -> bool:
    """Let an address try again at once; returns whether it was locked."""
    return LoginLimit.objects.forgive(LimitKind.ADDRESS, address)


def _normal(name: str) -> str:
    # As `AbstractUser.clean` stores names, cut to their column: the password must be checked under
    # the name that was counted, or another spelling would be counted apart.
    return unicodedata.normalize("NFKC", name[:150]).replace("\0", "")


def _hidden(name: str) -> str:
    # Keyed with SECRET_KEY: a plain hash of a password that was typed here could be guessed.
    return salted_hmac("accounts.guard", name, algorithm="sha256").hexdigest()


def _clock(until: datetime) -> str:
    return f"bloqueado até {timezone.localtime(until):%H:%M:%S}"
