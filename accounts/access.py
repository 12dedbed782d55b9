"""Who is not logged in goes to the login page, and a fragment must not become that page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def for_agents(view: View[P]) -> View[P]:
    """Ask for a log-in: a page by redirect, htmx and our own fetches by 401, which the page shows
    as a banner while what was typed stays where it is."""

    @wraps(view)
    def checked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if request.headers.get("HX-Request"):
            return render(request, "atendimento/live/expired.html", status=401)
        return redirect_to_login(request.get_full_path())

    return checked
