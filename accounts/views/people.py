"""The people page: who may log in, and what the supervision does about it.

Each step is a dialog that htmx fetches into ``#dialogo``; what a verb refuses is told there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import people as verbs
from accounts import withdrawal
from accounts.access import requires
from accounts.forms import PeopleForm, PersonForm
from accounts.models import Agent
from accounts.rights import TABLE, Can, NotAllowed
from accounts.rights_words import in_words

MOST = 500


@requires(Can.MANAGE_PEOPLE)
@never_cache
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    form = PeopleForm(request.GET)
    known = form.cleaned_data if form.is_valid() else {}
    everybody = Agent.objects.aggregate(
        active=Count("pk", filter=Q(is_active=True)),
        inactive=Count("pk", filter=Q(is_active=False)),
    )
    found = Agent.objects.with_locks().search(known.get("busca", ""))
    if known.get("papel"):
        found = found.filter(role=known["papel"])
    if not known.get("desativados"):
        found = found.filter(is_active=True)
    by = cast(Agent, request.user)
    rows = [(person, by.may_manage(person)) for person in found[:MOST]]
    shown = {"rows": rows, "form": form, "everybody": everybody, "section": "people"}
    return render(request, "accounts/people.html", shown, status=422 if form.errors else 200)


@requires(Can.MANAGE_PEOPLE)
@never_cache
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    by = cast(Agent, request.user)
    form = PersonForm(by, request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        made = _told(form, lambda: verbs.create(by, data["username"], data["role"], form.values()))
        if made:
            return _secret(request, *made)
    return _dialog(request, "accounts/_person.html", form=form)


@requires(Can.MANAGE_PEOPLE)
@never_cache
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    by, person = cast(Agent, request.user), get_object_or_404(Agent, pk=pk)
    form = PersonForm(by, request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        role = form.cleaned_data["role"]
        if _told(form, lambda: verbs.edit(by, person, role, form.values()) or True):
            return _reload()
    return _dialog(request, "accounts/_person.html", form=form, person=person)


@requires(Can.MANAGE_PEOPLE)
@never_cache
@require_http_methods(["GET", "POST"])
def new_password(request: HttpRequest, pk: int) -> HttpResponse:
    return _with_secret(request, pk, "senha", verbs.reset_password)


@requires(Can.MANAGE_PEOPLE)
@never_cache
@require_http_methods(["GET", "POST"])
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    return _with_secret(request, pk, "reativar", verbs.reactivate)


@requires(Can.MANAGE_PEOPLE)
@never_cache
@require_http_methods(["GET", "POST"])
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    by, person = cast(Agent, request.user), get_object_or_404(Agent, pk=pk)
    refusal = ""
    if request.method == "POST":
        try:
            verbs.deactivate(by, person)
            return _reload()
        except NotAllowed as error:
            refusal = str(error)
    held = withdrawal.held_by(person.pk)
    return _dialog(request, "accounts/_deactivate.html", person=person, held=held, refusal=refusal)


@requires(Can.MANAGE_PEOPLE)
@require_POST
def unlock(request: HttpRequest, pk: int) -> HttpResponse:
    by, person = cast(Agent, request.user), get_object_or_404(Agent, pk=pk)
    try:
        verbs.unlock(by, person)
    except NotAllowed as error:
        return _dialog(request, "accounts/_refused.html", refusal=str(error))
    return _reload()


@requires(Can.MANAGE_PEOPLE)
@require_GET
def rights(request: HttpRequest) -> HttpResponse:
    """Who may what, drawn from the table in the code."""
    groups: dict[str, list[tuple[str, list[str]]]] = {}
    for right in TABLE:
        groups.setdefault(right.group, []).append((right.label, in_words(right)))
    return render(request, "accounts/rights.html", {"groups": groups, "section": "people"})


def _with_secret(
    request: HttpRequest, pk: int, step: str, verb: Callable[[Agent, Agent], str]
) -> HttpResponse:
    """Ask, do *verb*, show the password that it returned."""
    by, person = cast(Agent, request.user), get_object_or_404(Agent, pk=pk)
    refusal = ""
    if request.method == "POST":
        try:
            return _secret(request, person, verb(by, person))
        except NotAllowed as error:
            refusal = str(error)
    return _dialog(request, f"accounts/_ask_{step}.html", person=person, refusal=refusal)


def _told(form: PersonForm, verb: Callable[[], Any]) -> Any:
    """What *verb* returned; or None, with its refusal in the form."""
    try:
        return verb()
    except ValidationError as error:
        for field, sentences in _sentences(error).items():
            form.add_error(field if field in form.fields else None, sentences)
    except NotAllowed as error:
        form.add_error(None, str(error))
    return None


def _sentences(error: ValidationError) -> dict[str, list[str]]:
    known = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    return {"name" if key in ("first_name", "last_name") else key: known[key] for key in known}


def _dialog(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    form = context.get("form")
    bad = bool(context.get("refusal") or (form is not None and form.errors))
    return render(request, template, context, status=422 if bad else 200)


def _secret(request: HttpRequest, person: Agent, password: str) -> HttpResponse:
    # In the answer to a POST that is not cached: no address shows it a second time.
    return render(request, "accounts/_secret.html", {"person": person, "password": password})


def _reload() -> HttpResponse:
    # The whole page: with one person change the counts, the order and what the filters leave.
    return HttpResponse(headers={"HX-Refresh": "true"})
