"""Decorators for pages: who is not logged in is asked to, who may not is told so."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from accounts.models import Agent
from accounts.rights import Can

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def for_agents(view: View[P]) -> View[P]:
    """Ask for a log-in: a page by redirect, htmx and our own fetches by 401.

    The page shows the 401 as a banner, while what was typed stays where it is.
    """

    @wraps(view)
    def checked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        # The browser would follow a redirect by itself, and the log-in page land inside a pane.
        if request.headers.get("HX-Request"):
            return render(request, "atendimento/live/expired.html", status=401)
        return redirect_to_login(request.get_full_path())

    return checked


def requires(can: Can) -> Callable[[View[P]], View[P]]:
    """Ask for a log-in, then for the right to *can*; 403 without it."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def checked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            # Asked at each request and kept nowhere: a right that ended is gone with the next.
            if not cast(Agent, request.user).may(can):
                raise PermissionDenied(can)
            return view(request, *args, **kwargs)

        return for_agents(checked)

    return decorate
