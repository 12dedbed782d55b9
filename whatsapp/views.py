"""The numbers page, for supervisors: add, pair, watch, unlink, remove."""

from __future__ import annotations

from typing import Any, cast

import segno
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from accounts.models import Agent
from accounts.rights import Can
from whatsapp.forms import NumberForm, PairingForm
from whatsapp.models import (
    NotRemovable,
    Session,
    State,
    Wanted,
    create_number,
    remove_number,
)
from whatsapp.numbers import numbers_with_queue

MOVING = (State.PAIRING, State.CONNECTING)


@requires(Can.CONNECT_NUMBER)
@require_GET
def numbers(request: HttpRequest) -> HttpResponse:
    return _page(request, NumberForm())


@requires(Can.CONNECT_NUMBER)
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    form = NumberForm(request.POST)
    try:
        if form.is_valid():
            create_number(cast(Agent, request.user), form.instance.slug, form.cleaned_data["name"])
            return redirect("numbers")
    # Somebody added the same name since the form looked.
    except IntegrityError:
        form.add_error("name", "Já existe um número com este apelido.")
    return _page(request, form, status=422)


@requires(Can.CONNECT_NUMBER)
@require_GET
@never_cache
def card(request: HttpRequest, pk: int) -> HttpResponse:
    return _card(request, get_object_or_404(numbers_with_queue(), pk=pk))


@requires(Can.CONNECT_NUMBER)
@require_POST
def want(request: HttpRequest, pk: int, wanted: Wanted) -> HttpResponse:
    """Pair, connect, stop or unlink; pairing again while a QR is shown changes nothing."""
    number = get_object_or_404(numbers_with_queue(), pk=pk)
    if not (wanted == Wanted.PAIR and number.shown_state == State.PAIRING):
        number.want(wanted, cast(Agent, request.user))
    answer = _card(request, number)
    if wanted == Wanted.PAIR:
        # The panel listens for it and then asks every 2 s (whatsapp/_pairing.html).
        answer["HX-Trigger"] = "pairing"
    return answer


@requires(Can.CONNECT_NUMBER)
@require_GET
@never_cache
def pairing(request: HttpRequest) -> HttpResponse:
    """The panel beside the list: the QR of a number, and what became of it."""
    shown = _pairing(PairingForm(request.GET).number())
    return render(request, "whatsapp/_pairing.html", shown)


def _pairing(number: Session | None) -> dict[str, Any]:
    number = number or Session.objects.filter(wanted=Wanted.PAIR).first()
    if number is None:
        return {"number": None}
    # Of a dead worker `shown_state` is not pairing: its code opens nothing any more.
    code = number.qr if number.shown_state == State.PAIRING else ""
    left = (number.qr_expires_at - timezone.now()).total_seconds() if number.qr_expires_at else 0
    return {
        "number": number,
        "qr": qr_svg(code) if code else "",
        "left": max(0, round(left)),
        "over": number.wanted != Wanted.PAIR,
    }


@requires(Can.CONNECT_NUMBER)
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a number without history; 409 for the others, which are unlinked and stay readable."""
    number = get_object_or_404(numbers_with_queue(), pk=pk)
    try:
        remove_number(number, cast(Agent, request.user))
    except NotRemovable as problem:
        return _card(request, number, str(problem), status=409)
    return HttpResponse(headers={"HX-Refresh": "true"})


def _page(request: HttpRequest, form: NumberForm, status: int = 200) -> HttpResponse:
    numbers = [_shown(number) for number in numbers_with_queue()]
    shown = {
        "numbers": numbers,
        "online": sum(one["number"].online for one in numbers),
        "pairing_panel": _pairing(None),
        "form": form,
    }
    return render(request, "whatsapp/numbers.html", shown, status=status)


def _card(
    request: HttpRequest, number: Session, problem: str = "", status: int = 200
) -> HttpResponse:
    shown = _shown(number) | {"problem": problem}
    return render(request, "whatsapp/_number.html", shown, status=status)


def _shown(number: Session) -> dict[str, Any]:
    state = number.shown_state
    pairing = state == State.PAIRING or number.wanted == Wanted.PAIR
    return {
        "number": number,
        "state": state,
        "pairing": pairing,
        "moving": pairing or state in MOVING or number.wanted == Wanted.LOGOUT,
        "linked": number.wanted == Wanted.ON and state != State.LOGGED_OUT,
    }


def qr_svg(text: str) -> str:
    """An SVG without inline style, dark on white in every theme."""
    code = segno.make(text, error="m", micro=False)
    return str(code.svg_inline(border=2, omitsize=True, svgclass="qr__img", lineclass="qr__dark"))
