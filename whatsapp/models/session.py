from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts import audit
from accounts.models import Agent
from accounts.rights import Can, NotAllowed, Scope
from clients import phone
from clients.models.conflict import as_read
from live import announce
from whatsapp.models.lease import Leased, LeasedQuerySet
from whatsapp.models.state import NEEDS_A_HAND, REFUSALS, WORDS, State, Wanted, Words

# What a person's wish is called in the audit.
ASKED = {
    Wanted.PAIR: "number.paired",
    Wanted.ON: "number.connected",
    Wanted.OFF: "number.stopped",
    Wanted.LOGOUT: "number.unlinked",
}


class SessionQuerySet(LeasedQuerySet["Session"]):
    def visible_to(self, agent: Agent) -> SessionQuerySet:
        """Numbers *agent* may see: all for supervisors, open ones and their own for agents."""
        if agent.sees_all_numbers:
            return self
        # DISTINCT: the join has a row for each agent that a number lists.
        return self.filter(Q(agents__isnull=True) | Q(agents=agent)).distinct()

    def visible_by_agent(self, agents: Iterable[Agent]) -> dict[int, frozenset[int]]:
        """{agent id: ids of the numbers it may see}: `visible_to` of many, in one query."""
        # A number that lists nobody has one row, with None. Compared with the above by
        # tests/test_numbers.py, and that with `access.sees` by test_withdrawn_rights.py.
        pairs = list(self.order_by().values_list("pk", "agents"))
        return {
            agent.pk: frozenset(
                number for number, who in pairs if agent.sees_all_numbers or who in (None, agent.pk)
            )
            for agent in agents
        }

    def wanted_by_someone(self) -> SessionQuerySet:
        return self.exclude(wanted=Wanted.OFF)


class Session(Leased):
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
    # What people want, and below what is so; supervisor and worker bring them together.
    wanted = models.CharField(max_length=8, choices=Wanted.choices, default=Wanted.OFF)
    wanted_at = models.DateTimeField(default=timezone.now)
    state = models.CharField("estado", max_length=14, choices=State.choices, default=State.NEW)
    state_since = models.DateTimeField("desde", default=timezone.now)
    state_detail = models.CharField("motivo", max_length=300, blank=True)
    retry_at = models.DateTimeField("nova tentativa em", null=True, blank=True)
    qr = models.TextField(blank=True)
    qr_expires_at = models.DateTimeField(null=True, blank=True)
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
        # A code that is no longer shown must not be read from the row by anybody.
        if state != State.PAIRING:
            self.qr, self.qr_expires_at = "", None
            fields += ["qr", "qr_expires_at"]
        with transaction.atomic():
            # Only these: pages, supervisor and worker each write columns of their own.
            self.save(update_fields=fields)
            announce.session_changed(self.pk)

    def show_qr(self, text: str, seconds: float) -> None:
        """Offer *text* as the QR to scan for the next *seconds*."""
        self.qr, self.qr_expires_at = text, timezone.now() + timedelta(seconds=seconds)
        with transaction.atomic():
            self.save(update_fields=["qr", "qr_expires_at"])
            self.enter(State.PAIRING)

    def hold(self) -> Session:
        """The row as it is now, kept so until the transaction ends. Raises DoesNotExist."""
        return Session.objects.select_for_update(no_key=True).get(pk=self.pk)

    def read(self, name: str) -> str:
        """The field *name* as people read it."""
        return as_read(self, name)

    def must_allow(self, by: Agent) -> None:
        """Raises NotAllowed unless *by* may connect numbers."""
        if not by.may(Can.CONNECT_NUMBER, Scope.ALL):
            raise NotAllowed("Só a supervisão conecta e desconecta números.")

    def want(self, wanted: Wanted, by: Agent | None = None) -> None:
        """Say what should become of the number; a supervisor acts on it. None is the worker, whose
        steps no audit tells of. Raises NotAllowed."""
        if by is not None:
            self.must_allow(by)
        with transaction.atomic():
            # The NOTIFY wakes the supervisors; unheard, they look each second.
            self.wanted, self.wanted_at = wanted, timezone.now()
            self.save(update_fields=["wanted", "wanted_at"])
            if by is not None:
                audit.record(by, ASKED[wanted], self)
            announce.number_wanted(self.pk)
            announce.session_changed(self.pk)

    def begin(self, by: Agent) -> bool:
        """Connect a number that rests, or pair it where no phone is linked; False when that is
        under way already. Of two callers at once one begins it. Raises NotAllowed."""
        self.must_allow(by)
        linked = bool(self.phone) and self.state != State.LOGGED_OUT
        wanted = Wanted.ON if linked else Wanted.PAIR
        # What was refused or ran out, and nobody has asked for since; `may_start` asks it in
        # Python.
        refused = Q(state__in=[*REFUSALS, State.EXPIRED], wanted_at__lt=F("state_since"))
        resting = Q(wanted=Wanted.OFF) | refused
        with transaction.atomic():
            begun = Session.objects.filter(resting, pk=self.pk).update(
                wanted=wanted, wanted_at=timezone.now()
            )
            if begun:
                self.refresh_from_db()
                audit.record(by, ASKED[wanted], self)
                announce.number_wanted(self.pk)
                announce.session_changed(self.pk)
        return bool(begun)

    def linked_as(self, phone_digits: str, lid: str, push_name: str) -> None:
        self.phone, self.lid, self.push_name = phone_digits, lid, push_name[:120]
        with transaction.atomic():
            self.save(update_fields=["phone", "lid", "push_name"])
            announce.session_changed(self.pk)
