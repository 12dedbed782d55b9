"""Telling a page that something was refused."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def error_notice(request: HttpRequest, text: str, status: int) -> HttpResponse:
    """A sentence for #alertas; what was asked from stays as it is, whatever its hx-target."""
    answer = render(request, "atendimento/live/notice.html", {"text": text}, status=status)
    # There static/js/live.js finds the piece; the form and what was typed in it stay.
    answer["HX-Retarget"], answer["HX-Reswap"] = "#live-errands", "innerHTML"
    return answer
