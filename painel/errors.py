"""What is said when nobody else can say it: to people a page, to programs our envelope."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

LOCKED = "Muitas tentativas: o acesso está bloqueado por 15 minutos."
FAILED = "O painel não conseguiu atender agora. Tente de novo."


def locked_out(request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
    """After too many wrong passwords."""
    if _by_program(request):
        return JsonResponse({"success": False, "message": LOCKED}, status=429)
    return render(request, "registration/locked.html", status=429)


def failed(request: HttpRequest) -> HttpResponse:
    if _by_program(request):
        return JsonResponse({"success": False, "message": FAILED}, status=500)
    return render(request, "500.html", status=500)


def _by_program(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
