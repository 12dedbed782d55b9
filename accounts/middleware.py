"""What every request passes: the audit's door, the first password, the lock of the log-in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from asgiref.sync import iscoroutinefunction
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import sync_and_async_middleware
from django.utils.deprecation import MiddlewareMixin

from accounts import audit
from accounts.address import address_of
from accounts.guard import Locked
from accounts.models import Door

Answer = Callable[[HttpRequest], Any]
# Where a person with a temporary password may go, by the name of the address; and the paths that
# must not ask who it is: health needs no database, and the API knows no sessions (its permission
# class asks the same of a token's owner).
OPEN = {"first_access", "logout"}
WITHOUT_SESSION = ("/healthz", "/readyz", "/api/")


def door_of(path: str) -> Door:
    if path.startswith("/api/"):
        return Door.API
    return Door.ADMIN if path.startswith("/admin/") else Door.PAGE


@sync_and_async_middleware
def audit_door(get_response: Answer) -> Answer:
    """Tell the audit through which door and from which address the request came.

    Both forms, because one that is only synchronous would make Django hop between threads.
    """
    if iscoroutinefunction(get_response):

        async def asynchronous(request: HttpRequest) -> HttpResponseBase:
            with audit.entered(door_of(request.path), address_of(request)):
                return await cast(Awaitable[HttpResponseBase], get_response(request))

        return asynchronous

    def synchronous(request: HttpRequest) -> HttpResponseBase:
        with audit.entered(door_of(request.path), address_of(request)):
            return cast(HttpResponseBase, get_response(request))

    return synchronous


class FirstAccessMiddleware(MiddlewareMixin):
    """Who has a temporary password gets no other page than the one to choose his own."""

    # Here and not before the view is known: what is open is told by the name of the address.
    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        match = request.resolver_match
        if (match and match.url_name in OPEN) or request.path.startswith(WITHOUT_SESSION):
            return None
        if not request.user.is_authenticated or not request.user.must_change_password:
            return None
        name = "first_access"
        # The log-in was good for choosing a password and for nothing else: now for nothing.
        if request.user.temporary_expired:
            logout(request)
            name = "login"
        # A redirect would be followed within the pane; HX-Redirect takes the whole page there.
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401, headers={"HX-Redirect": reverse(name)})
        return redirect(name)


class LockedMiddleware(MiddlewareMixin):
    """Answers for every door that checks a password when the guard refuses to."""

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        # It comes from below `authenticate`, which pages, admin and API call in their own ways.
        # DRF's handler does not know it and lets it pass up to here.
        if not isinstance(error, Locked):
            return None
        if door_of(request.path) == Door.API:
            body = {"success": False, "message": f"{error} Peça à supervisão para desbloquear."}
            answer: HttpResponse = JsonResponse(body, status=429)
        else:
            answer = render(request, "registration/locked.html", {"lock": error}, status=429)
        answer["Retry-After"] = str(error.seconds)
        return answer
