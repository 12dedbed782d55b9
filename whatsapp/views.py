"""The numbers page, for supervisors: add, pair, watch, unlink, remove."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

import segno
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from whatsapp.forms import NumberForm
from whatsapp.models import Delivery, Session, State, Wanted

if TYPE_CHECKING:
    from atendimento.models import Agent

View = Callable[..., HttpResponse]
WAITING = Q(messages__delivery__in=[Delivery.QUEUED, Delivery.SENDING])
MOVING = (State.PAIRING, State.CONNECTING)


def supervisors_only(view: View) -> View:
    """Agents need not know that the page exists."""

    @wraps(view)
    @login_required
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not cast("Agent", request.user).supervises:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def _numbers() -> QuerySet[Session]:
    return Session.objects.annotate(queue=Count("messages", filter=WAITING))


@supervisors_only
@require_GET
def numbers(request: HttpRequest) -> HttpResponse:
    return _page(request, NumberForm())


@supervisors_only
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    form = NumberForm(request.POST)
    try:
        if form.is_valid():
            with transaction.atomic():
                form.save()
            return redirect("numbers")
    except IntegrityError:
        form.add_error("name", "Já existe um número com este apelido.")
    return _page(request, form, status=422)


@supervisors_only
@require_GET
@never_cache
def card(request: HttpRequest, pk: int) -> HttpResponse:
    return _card(request, get_object_or_404(_numbers(), pk=pk))


@supervisors_only
@require_POST
def want(request: HttpRequest, pk: int, wanted: Wanted) -> HttpResponse:
    """Pair, connect, stop or unlink; pairing again while a QR is shown changes nothing."""
    number = get_object_or_404(_numbers(), pk=pk)
    if not (wanted == Wanted.PAIR and number.shown_state == State.PAIRING):
        number.want(wanted)
    return _card(request, number)


@supervisors_only
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Only a number without history can go; the others are unlinked and stay readable."""
    number = get_object_or_404(_numbers(), pk=pk)
    if number.conversations.exists() or number.owned:
        problem = (
            "Este número tem conversas e não pode ser removido; desconecte-o."
            if number.conversations.exists()
            else "Desconecte o número antes de remover."
        )
        return _card(request, number, problem, status=409)
    number.delete()
    return HttpResponse(headers={"HX-Refresh": "true"})


def _page(request: HttpRequest, form: NumberForm, status: int = 200) -> HttpResponse:
    shown = {"numbers": [_shown(number) for number in _numbers()], "form": form}
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
        "qr": qr_svg(number.qr) if state == State.PAIRING and number.qr else "",
        "pairing": pairing,
        "moving": pairing or state in MOVING or number.wanted == Wanted.LOGOUT,
        "linked": number.wanted == Wanted.ON and state != State.LOGGED_OUT,
    }


def qr_svg(text: str) -> str:
    """An SVG without inline style, dark on white in every theme."""
    code = segno.make(text, error="m", micro=False)
    return str(code.svg_inline(border=2, omitsize=True, svgclass="qr__img", lineclass="qr__dark"))
