from __future__ import annotations

import csv
import json
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import audit
from accounts.factories import AgentFactory, SupervisorFactory
from accounts.forms import AuditForm
from accounts.models import Agent, AuditEntry, Door
from accounts.models.audit import Unchangeable
from accounts.views.audit import entries
from whatsapp.factories import ConversationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client: Browser) -> Any:
    agent = SupervisorFactory(first_name="Fábio", last_name="Lacerda")
    client.force_login(agent)
    return agent


def _rows(client: Browser, **query: Any) -> list[AuditEntry]:
    answer = client.get(reverse("audit"), query)
    assert answer.status_code == 200, answer.content.decode()
    return list(answer.context["entries"])


def test_who_may_not_see_the_audit_is_told_so(client: Browser) -> None:
    client.force_login(AgentFactory())
    assert client.get(reverse("audit")).status_code == 403
    assert client.get(reverse("audit_export")).status_code == 403


def test_each_filter_shows_its_entries_alone(boss: Any, client: Browser) -> None:
    ana = AgentFactory(first_name="Ana")
    with audit.entered(Door.PAGE):
        audit.record(ana, "client.sales_stage", boss, client_id=7, new="Proposta")
    with audit.entered(Door.API, "198.51.100.7"):
        audit.record(None, "login.failed", ana)
    audit.opened(boss, 4812, 7, "Padaria Estrela do Sul São João")
    AuditEntry.objects.bulk_create(
        [AuditEntry(verb="zzz.old", door=Door.WIRE, at=timezone.now() - timedelta(days=3))]
    )
    day = timezone.localdate() - timedelta(days=3)

    def verbs(**query: Any) -> list[str]:
        return [entry.verb for entry in _rows(client, **query)]

    newest = ["conversation.viewed", "login.failed", "client.sales_stage", "zzz.old"]
    assert verbs() == newest
    assert verbs(pessoa=ana.pk) == ["client.sales_stage"]
    assert verbs(porta="api") == ["login.failed"]
    assert verbs(tipo="client") == ["client.sales_stage"]
    assert verbs(dia=str(day)) == ["zzz.old"]
    assert verbs(busca="padaria sao joao"[8:]) == ["conversation.viewed"]
    assert verbs(busca="PADARIA") == ["conversation.viewed"]
    assert verbs(busca="#4812") == ["conversation.viewed"]
    assert verbs(busca="etapa") == ["client.sales_stage"]
    assert verbs(busca="etapa", porta="api") == []
    page = client.get(reverse("audit")).content.decode()
    assert "Senha errada" in page
    assert "zzz.old" in page
    assert "198.51.100.7" in page


@pytest.mark.parametrize(
    "query",
    [
        {"pessoa": "9" * 5000},
        {"pessoa": "0"},
        {"porta": "janela"},
        {"tipo": "\0"},
        {"dia": "0001-01-01"},
        {"dia": "9999-12-31"},
        {"dia": "ontem"},
        {"antes": "9" * 5000},
        {"antes": "x-1"},
        {"depois": "1-" + "9" * 30},
        {"busca": "x" * 1000},
    ],
)
def test_bad_filters_are_told_in_words(boss: Any, client: Browser, query: dict[str, str]) -> None:
    for name in ("audit", "audit_export"):
        answer = client.get(reverse(name), query)
        assert answer.status_code == 422
        assert "field__error" in answer.content.decode()


def test_extreme_places_are_pages_too(boss: Any, client: Browser) -> None:
    for place in ("0-0", "9" * 17 + "-" + "9" * 18):
        for name in ("antes", "depois"):
            assert client.get(reverse("audit"), {name: place}).status_code == 200
    assert client.get(reverse("audit"), {"busca": "#" + "9" * 90}).status_code == 200


def test_pages_go_to_older_and_back_without_gap_or_repeat(boss: Any, client: Browser) -> None:
    now = timezone.now()
    # Many at one instant: the id decides.
    AuditEntry.objects.bulk_create(
        [AuditEntry(verb="x.y", door=Door.PAGE, at=now, new=str(n)) for n in range(120)]
    )
    seen: list[list[int]] = []
    answer = client.get(reverse("audit"), {"tipo": ""})
    assert answer.context["newer"] is None
    while True:
        seen.append([entry.pk for entry in answer.context["entries"]])
        if not answer.context["older"]:
            break
        answer = client.get(reverse("audit"), {"antes": answer.context["older"]})
    assert [len(page) for page in seen] == [50, 50, 20]
    assert len({pk for page in seen for pk in page}) == 120
    back = client.get(reverse("audit"), {"depois": answer.context["newer"]})
    assert [entry.pk for entry in back.context["entries"]] == seen[1]
    first = client.get(reverse("audit"), {"depois": back.context["newer"]})
    assert [entry.pk for entry in first.context["entries"]] == seen[0]


def test_audit_costs_the_same_for_one_row_and_fifty(
    boss: Any, client: Browser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    url = reverse("audit")
    audit.record(boss, "person.created", boss)
    with django_assert_num_queries(5):
        client.get(url)
    for _ in range(50):
        audit.record(AgentFactory(), "person.created", boss)
    with django_assert_num_queries(5):
        assert len(client.get(url).context["entries"]) == 50


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({}, "audit_newest"),
        ({"pessoa": True}, "audit_actor"),
        ({"porta": "api"}, "audit_door"),
        ({"tipo": "client"}, "audit_kind"),
        ({"dia": "2026-11-23"}, "audit_newest"),
        ({"busca": "#12"}, "audit_conversation"),
        ({"busca": "padaria"}, "audit_label"),
    ],
)
def test_each_filter_has_its_index(boss: Any, query: dict[str, Any], index: str) -> None:
    _many(boss)
    form = AuditForm(query | ({"pessoa": boss.pk} if "pessoa" in query else {}))
    assert form.is_valid()
    assert index in _indexes(entries(form.cleaned_data)[:50])


def test_the_entries_of_a_client_have_their_index(boss: Any) -> None:
    _many(boss)
    assert "audit_client" in _indexes(AuditEntry.objects.newest_first().filter(client_id=3)[:50])


def _many(actor: Agent) -> None:
    """Enough rows that a plan by the wrong index would cost more."""
    people = AgentFactory.create_batch(20)
    AuditEntry.objects.bulk_create(
        AuditEntry(
            verb=f"{kind}.x",
            door=door,
            actor=people[n % 20] if n % 50 else actor,
            at=timezone.now() - timedelta(minutes=n),
            label_plain=f"cliente {n}" if n % 400 else "padaria estrela",
            conversation_id=n % 500,
            client_id=n % 500,
        )
        for n in range(4000)
        for kind, door in [("client" if n % 40 == 0 else "login", "page" if n % 60 else "api")]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_auditentry")
        # What autovacuum does in a house that lives.
        cursor.execute("SELECT gin_clean_pending_list('audit_label')")


def _indexes(rows: Any) -> set[str]:
    """The indexes that PostgreSQL would read *rows* by."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = json.loads(rows.explain(format="json"))
        names: set[str] = set()

        def walk(node: dict[str, Any]) -> None:
            if "Index Name" in node:
                names.add(node["Index Name"])
            for below in node.get("Plans", []):
                walk(below)

        walk(plan[0]["Plan"])
        return names


def _csv(client: Browser, **query: Any) -> list[list[str]]:
    answer = client.get(reverse("audit_export"), query)
    assert answer.status_code == 200
    body = b"".join(answer).decode("utf-8-sig")
    return list(csv.reader(StringIO(body), delimiter=";"))


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous")
@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous")
def test_export_holds_the_filtered_rows_and_is_an_entry(boss: Any, client: Browser) -> None:
    audit.record(None, "login.failed", boss)
    names = [f"=HYPERLINK({n})" for n in range(2500)]
    AuditEntry.objects.bulk_create(
        AuditEntry(verb="client.name", new=name, label="@SUM(1)", door=Door.API) for name in names
    )
    audit.record(boss, "client.name", old="-1+1", new="\t=1", label="  +55 11")
    lines = _csv(client, tipo="client")
    assert lines[0][0] == "quando"
    assert lines[1][6:] == ["'  +55 11", "'-1+1", "'\t=1"]
    assert [line[8] for line in lines[2:]] == [f"'{name}" for name in reversed(names)]
    assert all(cell[:1] not in "=+-@\t" for line in lines for cell in line if cell)
    exported = AuditEntry.objects.get(verb="audit.exported")
    assert (exported.actor, exported.new, exported.door) == (boss, "tipo=client", "page")


def test_who_read_a_conversation_is_written_once_a_day(boss: Any, client: Browser) -> None:
    conversation = ConversationFactory(contact__push_name="Padaria Estrela")
    url = reverse("conversation", args=[conversation.pk])
    for _ in range(3):
        assert client.get(url).status_code == 200
    entry = AuditEntry.objects.get(verb="conversation.viewed")
    assert (entry.actor, entry.conversation_id, entry.day) == (
        boss,
        conversation.pk,
        timezone.localdate(),
    )
    assert entry.label
    other = AgentFactory()
    client.force_login(other)
    client.get(url)
    assert AuditEntry.objects.filter(verb="conversation.viewed").count() == 2
    AuditEntry.objects.forget(timezone.now() + timedelta(seconds=1))
    AuditEntry.objects.bulk_create(
        [
            AuditEntry(
                verb="conversation.viewed",
                actor=other,
                conversation_id=conversation.pk,
                day=timezone.localdate() - timedelta(days=1),
                door=Door.PAGE,
            )
        ]
    )
    client.get(url)
    days = AuditEntry.objects.order_by("day").values_list("day", flat=True)
    assert list(days) == [timezone.localdate() - timedelta(days=1), timezone.localdate()]


def test_entries_are_neither_changed_nor_deleted(boss: Any, client: Browser) -> None:
    audit.record(boss, "person.created", boss)
    entry = AuditEntry.objects.get()
    entry.new = "outra"
    for change in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(new="outra"),
        lambda: AuditEntry.objects.bulk_update([entry], ["new"]),
    ):
        with pytest.raises(Unchangeable), transaction.atomic():
            change()
    client.force_login(AgentFactory(role="admin", is_superuser=True))
    for name in ("add", "change", "delete"):
        args = [] if name == "add" else [entry.pk]
        url = reverse(f"admin:accounts_auditentry_{name}", args=args)
        assert client.post(url, {"new": "outra"}).status_code == 403
    assert AuditEntry.objects.get().new == ""


def test_retention_forgets_what_is_older() -> None:
    for days in (1, 10):
        at = timezone.now() - timedelta(days=days)
        AuditEntry.objects.bulk_create([AuditEntry(verb="x.y", door=Door.WIRE, at=at)])
    assert AuditEntry.objects.forget(timezone.now() - timedelta(days=5)) == 1
    assert AuditEntry.objects.count() == 1


def test_an_entry_outlives_the_person(boss: Any) -> None:
    ana = AgentFactory(first_name="Ana", last_name="Ribeiro")
    audit.record(ana, "person.created", boss)
    ana.delete()
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.actor_name) == (None, "Ana Ribeiro")


def test_log_out_is_written(boss: Any, client: Browser) -> None:
    client.post(reverse("logout"))
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.actor, entry.address) == ("login.out", boss, "127.0.0.1")


def test_reading_pages_writes_nothing(boss: Any, client: Browser) -> None:
    for name in ("desk", "people", "audit", "account", "rights", "numbers"):
        assert client.get(reverse(name)).status_code == 200
    assert not AuditEntry.objects.exists()


def test_a_day_begins_at_local_midnight(boss: Any, client: Browser) -> None:
    zone = timezone.get_current_timezone()
    day = date(2026, 3, 10)
    midnight = datetime(2026, 3, 10, tzinfo=zone)
    for seconds in (-1, 0, 86_399, 86_400):
        at = midnight + timedelta(seconds=seconds)
        new = str(seconds)
        AuditEntry.objects.bulk_create([AuditEntry(verb="x.y", door="page", at=at, new=new)])
    assert [entry.new for entry in _rows(client, dia=str(day))] == ["86399", "0"]
