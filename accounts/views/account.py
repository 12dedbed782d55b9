"""The page of everybody's own account."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from accounts import people
from accounts.access import requires
from accounts.address import address_of
from accounts.forms import PASSWORD_RULE, ChangePasswordForm, NameForm, split_name
from accounts.guard import Attempt
from accounts.models import Agent
from accounts.rights import Can
from accounts.views.log_in import choose


@requires(Can.OWN_ACCOUNT)
@never_cache
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    agent = cast(Agent, request.user)
    return _page(request, NameForm(initial={"name": agent.get_full_name() or agent.username}))


@requires(Can.OWN_ACCOUNT)
@require_http_methods(["GET", "POST"])
def rename(request: HttpRequest) -> HttpResponse:
    # A name refused leaves its address in the bar, which then is asked for again.
    if request.method == "GET":
        return redirect("account")
    form = NameForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    people.rename(cast(Agent, request.user), **split_name(form.cleaned_data["name"]))
    return redirect("account")


@sensitive_post_parameters()
@requires(Can.OWN_ACCOUNT)
@never_cache
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """The dialog. The old password is asked under the guard: who found an open page must not
    guess it. Raises Locked."""
    agent = cast(Agent, request.user)
    form = ChangePasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not _proved(request, agent, form.cleaned_data["old"]):
            form.add_error("old", "A senha atual não confere.")
        elif choose(request, form, agent):
            return render(request, "accounts/_password_done.html")
    status = 422 if form.errors else 200
    return render(
        request, "accounts/_password.html", {"form": form, "rule": PASSWORD_RULE}, status=status
    )


def _proved(request: HttpRequest, agent: Agent, old: str) -> bool:
    attempt = Attempt(agent.username, address_of(request))
    if not agent.check_password(old):
        attempt.failed()
        return False
    attempt.succeeded()
    return True


def _page(request: HttpRequest, form: NameForm, status: int = 200) -> HttpResponse:
    shown = {"form": form, "section": "account"}
    return render(request, "accounts/account.html", shown, status=status)
