"""What is said when nobody else can say it: to people a page, to programs our envelope."""

from __future__ import annotations

import logging
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

FAILED = "O painel não conseguiu atender agora. Tente de novo."
NO_DATABASE = (OperationalError, InterfaceError)
AWAY = "O banco de dados não responde agora. Tente de novo em instantes."


def failed(request: HttpRequest) -> HttpResponse:
    """Django calls this while it handles the exception; a database that is away comes back."""
    away = isinstance(sys.exc_info()[1], NO_DATABASE)
    status, words = (503, AWAY) if away else (500, FAILED)
    answer = _answer(request, "500.html", words, status)
    if away:
        answer["Retry-After"] = "5"
    return answer


class WithoutTraceback(logging.Filter):
    """A request that PostgreSQL did not answer is one line in the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], NO_DATABASE):
            reason = str(record.exc_info[1]).strip().partition("\n")[0]
            record.msg, record.args = f"{record.getMessage()}: {reason}", ()
            record.exc_info = record.exc_text = None
        return True


def _answer(request: HttpRequest, template: str, words: str, status: int) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"success": False, "message": words}, status=status)
    return render(request, template, status=status)
