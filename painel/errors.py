"""What is said when nobody else can say it: to people a page, to htmx a notice, to programs our
envelope. The pages for 400, 500 and 503 need neither a database nor a list of static files."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import Agent
from accounts.rights import BY_VERB, Can, Scope
from live import outage

NOT_UNDERSTOOD = "O painel não entendeu este pedido."
GONE = "Isto não existe mais, ou não está entre os seus números."
FAILED = "O painel não conseguiu fazer isso agora. Ocorrência {occurrence}."
AWAY = "O banco de dados não responde agora. Tente de novo em instantes."
RETRY_SECONDS = 10
SESSION_OVER = (
    "Sua sessão terminou",
    "Entre de novo para continuar; o que você escreveu está guardado neste navegador.",
    "Entrar",
)
STALE = (
    "Esta página ficou aberta por muito tempo",
    "Recarregue e tente de novo; o que você escreveu está guardado neste navegador.",
    "Recarregar",
)
NO_COOKIES = (
    "Seu navegador não guardou o cookie do painel",
    "Sem ele não dá para entrar. Permita cookies para este endereço e tente de novo.",
    "Tentar de novo",
)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _program(request, NOT_UNDERSTOOD, 400) or _alone(request, "400.html", 400)


def forbidden(request: HttpRequest, exception: PermissionDenied) -> HttpResponse:
    """Says whose page it is: from the right that is missing, or in the words of who refused."""
    title, text = _refusal(request, exception)
    shown = {"title": title, "text": text}
    return _program(request, f"{title}.", 403) or _within(request, "403.html", 403, shown)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _program(request, GONE, 404) or _within(request, "404.html", 404, {})


def failed(request: HttpRequest) -> HttpResponse:
    """Django calls this while it handles the exception; a database that is away comes back."""
    if isinstance(sys.exc_info()[1], outage.AWAY):
        return away(request)
    # Random, not counted: several processes need no common counter, and nobody learns how many.
    occurrence = secrets.token_hex(4).upper()
    occurrence = f"{occurrence[:4]}-{occurrence[4:]}"
    request.occurrence = occurrence  # type: ignore[attr-defined]  # for WithOccurrence
    words = FAILED.format(occurrence=occurrence)
    return _program(request, words, 500) or _alone(
        request, "500.html", 500, {"occurrence": occurrence}
    )


def away(request: HttpRequest) -> HttpResponse:
    """PostgreSQL does not answer: the page comes back by itself."""
    answer = _program(request, AWAY, 503) or _alone(
        request, "503.html", 503, {"seconds": RETRY_SECONDS}
    )
    answer["Retry-After"] = str(RETRY_SECONDS)
    return answer


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: says whether the session ended or the page is old."""
    user = getattr(request, "user", None)
    known = user is not None and user.is_authenticated
    # To htmx a 401, which the page turns into the band that offers to log in again.
    if not known and request.headers.get("HX-Request"):
        return render(request, "atendimento/live/expired.html", status=401)
    title, text, label = STALE if known else SESSION_OVER
    # At the log-in no session was there to end: either the form is old, or no cookie came back.
    if not known and request.path == reverse("login"):
        title, text, label = STALE if request.COOKIES else NO_COOKIES
    shown = {"title": title, "text": text, "label": label}
    return _program(request, f"{title}. {text}", 403) or _alone(
        request, "403_csrf.html", 403, shown
    )


class OwnPages:
    """Middleware: what a view meets is said by our pages under DEBUG as well. Only bugs show
    Django's own there; and for an outage that one asks the database again for each variable."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, outage.AWAY):
            return away(request)
        return not_found(request, exception) if isinstance(exception, Http404) else None


def _refusal(request: HttpRequest, exception: PermissionDenied) -> tuple[str, str]:
    said = exception.args[0] if exception.args else ""
    user = getattr(request, "user", None)
    role = user.get_role_display().lower() if isinstance(user, Agent) else ""
    mine = f"Seu acesso é de {role} e não inclui isto. " if role else ""
    if isinstance(said, Can):
        whose = "supervisão" if BY_VERB[said].supervisor > Scope.NONE else "administração"
        return f"Esta página é da {whose}", f"{mine}Se precisa, peça à {whose}."
    title = str(said).rstrip(".") or "Você não tem acesso a esta página"
    return title, f"{mine}Se precisa, peça à supervisão."


def _program(request: HttpRequest, words: str, status: int) -> HttpResponse | None:
    """The answer for who asked by htmx or by the API; None for a browser that shows a page."""
    if request.path.startswith("/api/"):
        return JsonResponse({"success": False, "message": words}, status=status)
    if request.headers.get("HX-Request"):
        html = render_to_string("atendimento/live/notice.html", {"text": words})
        return HttpResponse(html, status=status)
    return None


def _alone(
    request: HttpRequest, template: str, status: int, shown: dict[str, Any] | None = None
) -> HttpResponse:
    """A page of its own, without context processors: they would ask for the user."""
    html = render_to_string(template, _common(request) | (shown or {}))
    return HttpResponse(html, status=status)


def _within(
    request: HttpRequest, template: str, status: int, shown: dict[str, Any]
) -> HttpResponse:
    """A page beside the rail, for who is logged in; alone for everybody else."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return _alone(request, template, status, {"layout": "errors/alone.html"} | shown)
    shown = _common(request) | {"layout": "errors/page.html"} | shown
    return render(request, template, shown, status=status)


def _common(request: HttpRequest) -> dict[str, Any]:
    # Hostile like any cookie: it becomes an attribute, so only what we know passes.
    theme = request.COOKIES.get("tema")
    # A reload must not repeat a POST.
    again = request.get_full_path() if request.method == "GET" else reverse("desk")
    return {
        "theme": theme if theme in ("light", "dark") else "",
        "path": request.path[:80],
        "again": again,
    }
