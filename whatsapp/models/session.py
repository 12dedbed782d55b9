from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from accounts.models import Agent
from clients import phone
from live import announce
from whatsapp.models.state import NEEDS_A_HAND, REFUSALS, WORDS, State, Wanted, Words


class LeaseLost(Exception):
    """Another worker owns the number now: close the socket and write nothing more."""


class SessionQuerySet(models.QuerySet["Session"]):
    def visible_to(self, agent: Agent) -> SessionQuerySet:
        """Numbers *agent* may see: all for supervisors, open ones and their own for agents."""
        if agent.supervises:
            return self
        return self.filter(Q(agents__isnull=True) | Q(agents=agent)).distinct()

    def visible_by_agent(self, agents: Iterable[Agent]) -> dict[int, frozenset[int]]:
        """{agent id: ids of the numbers it may see}: `visible_to` of many, in one query."""
        pairs = list(self.order_by().values_list("pk", "agents"))
        return {
            agent.pk: frozenset(
                number for number, who in pairs if agent.supervises or who in (None, agent.pk)
            )
            for agent in agents
        }

    def free_for(self, owner: str) -> SessionQuerySet:
        """Numbers nobody else holds: never held, released, lapsed, or already *owner*'s. Asked of
        PostgreSQL's clock, since hosts may disagree about the time."""
        lapsed = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())
        return self.filter(lapsed | Q(lease_owner=owner))

    def with_queue(self) -> SessionQuerySet:
        """Each with `queue`, how many of its messages have not left yet, and `queued_since`, when
        the oldest of them was written. Counted apart: a join would read every message there is."""
        from whatsapp.models.message import Message

        waiting = Message.objects.waiting().filter(session=OuterRef("pk")).order_by()
        grouped = waiting.values("session")
        count = grouped.annotate(n=models.Count("pk")).values("n")
        oldest = grouped.annotate(at=models.Min("created_at")).values("at")
        return self.annotate(queue=Coalesce(Subquery(count), 0), queued_since=Subquery(oldest))

    def wanted_by_someone(self) -> SessionQuerySet:
        return self.exclude(wanted=Wanted.OFF)


class Session(models.Model):
    """One WhatsApp number of ours; people read "número"."""

    slug = models.SlugField("identificador", max_length=64, unique=True)
    name = models.CharField("apelido", max_length=60)
    phone = models.CharField("telefone", max_length=20, blank=True)
    lid = models.CharField(max_length=40, blank=True)
    push_name = models.CharField("nome no WhatsApp", max_length=120, blank=True)
    agents = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="numbers",
        verbose_name="quem atende",
        help_text="Vazio: todos os atendentes.",
    )
    wanted = models.CharField(max_length=8, choices=Wanted.choices, default=Wanted.OFF)
    wanted_at = models.DateTimeField(default=timezone.now)
    state = models.CharField("estado", max_length=14, choices=State.choices, default=State.NEW)
    state_since = models.DateTimeField("desde", default=timezone.now)
    state_detail = models.CharField("motivo", max_length=300, blank=True)
    retry_at = models.DateTimeField("nova tentativa em", null=True, blank=True)
    qr = models.TextField(blank=True)
    qr_expires_at = models.DateTimeField(null=True, blank=True)
    lease_owner = models.CharField("dono", max_length=120, blank=True)
    lease_epoch = models.BigIntegerField("época", default=0)
    lease_until = models.DateTimeField("dono até", null=True, blank=True)
    spool_depth = models.PositiveIntegerField("no spool", default=0)
    last_event_at = models.DateTimeField("último evento", null=True, blank=True)
    created_at = models.DateTimeField("criado em", auto_now_add=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = "número"
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def phone_masked(self) -> str:
        return phone.mask(self.phone) if self.phone else ""

    @property
    def owned(self) -> bool:
        """Whether some worker holds an unexpired lease on this number."""
        return self.lease_until is not None and self.lease_until > timezone.now()

    @property
    def shown_state(self) -> State:
        """The state as a person should read it: a dead worker's last word is not believed."""
        alive = (State.ONLINE, State.CONNECTING, State.RECONNECTING, State.PAIRING)
        if self.state in alive and not self.owned:
            return State.STOPPED
        return State(self.state)

    @property
    def words(self) -> Words:
        return WORDS[self.shown_state]

    @property
    def online(self) -> bool:
        return self.shown_state == State.ONLINE

    @property
    def may_start(self) -> bool:
        """Whether a worker may try now: WhatsApp's refusal stands until somebody asks again, or
        until the time it named has come."""
        if self.state not in REFUSALS or self.wanted_at > self.state_since:
            return True
        return self.retry_at is not None and self.retry_at <= timezone.now()

    @property
    def needs_a_hand(self) -> bool:
        return self.wanted != Wanted.OFF and self.shown_state in NEEDS_A_HAND

    def enter(self, state: State, detail: str = "", retry_at: datetime | None = None) -> None:
        """Record a change of *state*; the since-when moves only when the state does."""
        now = timezone.now()
        since = now if state != self.state else self.state_since
        self.state, self.state_since = state, since
        self.state_detail, self.retry_at = detail[:300], retry_at
        fields = ["state", "state_since", "state_detail", "retry_at"]
        if state != State.PAIRING:
            self.qr, self.qr_expires_at = "", None
            fields += ["qr", "qr_expires_at"]
        with transaction.atomic():
            self.save(update_fields=fields)
            announce.session_changed(self.pk)

    def show_qr(self, text: str, seconds: float) -> None:
        """Offer *text* as the QR to scan for the next *seconds*."""
        self.qr, self.qr_expires_at = text, timezone.now() + timedelta(seconds=seconds)
        with transaction.atomic():
            self.save(update_fields=["qr", "qr_expires_at"])
            self.enter(State.PAIRING)

    def want(self, wanted: Wanted) -> None:
        """Say what should become of the number; a supervisor acts on it."""
        with transaction.atomic():
            self.wanted, self.wanted_at = wanted, timezone.now()
            self.save(update_fields=["wanted", "wanted_at"])
            announce.number_wanted(self.pk)
            announce.session_changed(self.pk)

    def begin(self) -> bool:
        """Connect a number that rests, or pair it where no phone is linked; False when that is
        under way already. Of two callers at once one begins it."""
        linked = bool(self.phone) and self.state != State.LOGGED_OUT
        refused = Q(state__in=[*REFUSALS, State.EXPIRED], wanted_at__lt=F("state_since"))
        resting = Q(wanted=Wanted.OFF) | refused
        with transaction.atomic():
            begun = Session.objects.filter(resting, pk=self.pk).update(
                wanted=Wanted.ON if linked else Wanted.PAIR, wanted_at=timezone.now()
            )
            if begun:
                self.refresh_from_db()
                announce.number_wanted(self.pk)
                announce.session_changed(self.pk)
        return bool(begun)

    def linked_as(self, phone_digits: str, lid: str, push_name: str) -> None:
        self.phone, self.lid, self.push_name = phone_digits, lid, push_name[:120]
        with transaction.atomic():
            self.save(update_fields=["phone", "lid", "push_name"])
            announce.session_changed(self.pk)

    def acquire(self, owner: str) -> bool:
        """Take the lease for *owner* with a new epoch; False when somebody else holds it."""
        free = Session.objects.free_for(owner).filter(pk=self.pk)
        taken = free.update(
            lease_owner=owner, lease_until=_lease_end(), lease_epoch=F("lease_epoch") + 1
        )
        if taken:
            self.refresh_from_db()
        return bool(taken)

    def renew(self, spool_depth: int, last_event_at: datetime | None) -> None:
        """Keep the lease, and say what the worker has; without an event the last one stands.
        Raises LeaseLost when the epoch moved on."""
        mine = Session.objects.filter(pk=self.pk, lease_epoch=self.lease_epoch)
        heard = Coalesce(models.Value(last_event_at, models.DateTimeField()), "last_event_at")
        renewed = mine.update(
            lease_until=_lease_end(), spool_depth=spool_depth, last_event_at=heard
        )
        if not renewed:
            raise LeaseLost(f"número {self.pk}")

    def release(self) -> None:
        """Give the lease back at once, so that the next worker need not wait for it to lapse."""
        mine = Session.objects.filter(pk=self.pk, lease_epoch=self.lease_epoch)
        mine.update(lease_until=None, lease_owner="")

    def fence(self) -> None:
        """Lock the number's row for this transaction, if the lease is still ours.

        Inbox and outbox both begin here: it fences off a worker that was frozen past its lease,
        and it makes a receipt wait for the row that it acknowledges. Raises LeaseLost.
        """
        sql = "SELECT 1 FROM whatsapp_session WHERE id = %s AND lease_epoch = %s"
        with connection.cursor() as cursor:
            cursor.execute(sql + " FOR NO KEY UPDATE", [self.pk, self.lease_epoch])
            if cursor.fetchone() is None:
                raise LeaseLost(f"número {self.pk}")


def _lease_end() -> models.Expression:
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)
