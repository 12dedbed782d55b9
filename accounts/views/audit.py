"""The audit page: what was done, by whom, through which door."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts import audit as book
from accounts import audit_words
from accounts.access import requires
from accounts.csv_lines import line
from accounts.forms import AuditForm, cursor_text
from accounts.models import Agent, AuditEntry
from accounts.models.audit import AuditQuerySet
from accounts.rights import Can

PAGE = 50
# Beyond this the page says "more than": counting millions is not worth a line.
COUNTED = 1000
EXPORT_PAGE = 1000
HEAD = ["quando", "quem", "porta", "endereço", "o quê", "verbo", "onde", "de", "para"]


@requires(Can.SEE_AUDIT)
@never_cache
@require_GET
def audit(request: HttpRequest) -> HttpResponse:
    form = AuditForm(request.GET)
    valid = form.is_valid()
    found = entries(form.cleaned_data) if valid else AuditEntry.objects.none()
    shown = _page(found, form.cleaned_data) | {
        "form": form,
        "section": "audit",
        "count": len(found.order_by().values("pk")[: COUNTED + 1]),
        "counted": COUNTED,
        "filters": _filters(request),
        "people": Agent.objects.order_by("first_name", "username"),
    }
    return render(request, "accounts/audit.html", shown, status=200 if valid else 422)


@requires(Can.SEE_AUDIT)
@never_cache
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """The filtered entries as CSV, streamed; itself an entry."""
    form = AuditForm(request.GET)
    if not form.is_valid():
        return audit(request)
    # Before the first line goes out: an export that broke off was one too.
    book.record(cast(Agent, request.user), "audit.exported", new=_filters(request) or "tudo")
    answer = StreamingHttpResponse(_csv(entries(form.cleaned_data)), content_type="text/csv")
    name = f"auditoria-{timezone.localdate():%Y-%m-%d}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def entries(wanted: dict[str, Any]) -> AuditQuerySet:
    """What the cleaned *wanted* of an AuditForm filters, newest first."""
    found = AuditEntry.objects.newest_first().on_days(wanted["dia"], wanted["dia"])
    if wanted["pessoa"]:
        found = found.filter(actor=wanted["pessoa"])
    if wanted["porta"]:
        found = found.filter(door=wanted["porta"])
    if wanted["tipo"]:
        found = found.filter(kind=wanted["tipo"])
    return _searched(found, wanted["busca"].strip()) if wanted["busca"].strip() else found


def _searched(found: AuditQuerySet, words: str) -> AuditQuerySet:
    """``#12`` is a conversation, the words of a field its changes, all else a name."""
    number = words.removeprefix("#")
    if words.startswith("#") and number.isascii() and number.isdecimal():
        return found.filter(conversation_id=int(number[:18]))
    if verbs := audit_words.verbs_named(words):
        return found.filter(verb__in=verbs) | found.search(words)
    return found.search(words)


def _page(found: AuditQuerySet, wanted: dict[str, Any]) -> dict[str, Any]:
    """A page of entries, and the cursors of its neighbours (None where there is none)."""
    found = found.select_related("actor")
    if after := wanted.get("depois"):
        # The nearest first, and turned below: in the page's own order these would be the newest of
        # all. One row more than is shown tells whether others follow, without counting.
        rows = list(found.above(*after).order_by("at", "id")[: PAGE + 1])
        # Fewer than a page are newer: the first page is meant.
        if len(rows) > PAGE:
            rows = rows[:PAGE][::-1]
            return _shown(rows, newer=True, older=True)
        after = None
    elif before := wanted.get("antes"):
        rows = list(found.below(*before)[: PAGE + 1])
        return _shown(rows[:PAGE], newer=True, older=len(rows) > PAGE)
    rows = list(found[: PAGE + 1])
    return _shown(rows[:PAGE], newer=False, older=len(rows) > PAGE)


def _shown(rows: list[AuditEntry], newer: bool, older: bool) -> dict[str, Any]:
    return {
        "entries": rows,
        "newer": cursor_text(rows[0].at, rows[0].pk) if newer and rows else None,
        "older": cursor_text(rows[-1].at, rows[-1].pk) if older and rows else None,
    }


def _filters(request: HttpRequest) -> str:
    """The filters of the address without the place, as a query string."""
    names = ("busca", "pessoa", "porta", "tipo", "dia")
    return urlencode({name: request.GET[name] for name in names if request.GET.get(name)})


async def _csv(found: AuditQuerySet) -> AsyncIterator[str]:
    """Page by page and asynchronously: Django would first gather a synchronous stream whole."""
    # Without this mark Excel takes UTF-8 for Latin-1.
    yield "\ufeff" + line(HEAD)
    page = await _read(found)
    while page:
        yield "".join(line(_cells(entry)) for entry in page)
        last = page[-1]
        # By place, not by OFFSET: entries that come in meanwhile shift nothing.
        page = await _read(found.below(last.at, last.pk))


@sync_to_async
def _read(found: AuditQuerySet) -> list[AuditEntry]:
    return list(found[:EXPORT_PAGE])


def _cells(entry: AuditEntry) -> list[str]:
    return [
        f"{timezone.localtime(entry.at):%d/%m/%Y %H:%M:%S}",
        entry.actor_name,
        entry.get_door_display(),
        entry.address,
        audit_words.words_of(entry.verb),
        entry.verb,
        entry.label,
        entry.old,
        entry.new,
    ]
