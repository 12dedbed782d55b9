"""Coming in, going out, and the first password."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import LoginView, LogoutView, redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts import audit, people
from accounts.access import for_agents
from accounts.forms import PASSWORD_RULE, LogInForm, NewPasswordForm
from accounts.models import Agent
from accounts.rights import NotAllowed
from live import announce


class LogIn(LoginView):
    authentication_form = LogInForm
    redirect_authenticated_user = True


class LogOut(LogoutView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Now: logging out puts an AnonymousUser into the request.
        agent = request.user
        answer = super().post(request, *args, **kwargs)
        if isinstance(agent, Agent):
            # The session's row is gone: sockets that are woken now find that they have to close.
            audit.record(agent, "login.out", agent)
            announce.authority_changed(agent.pk)
        return answer


def admin_entrance(request: HttpRequest) -> HttpResponse:
    """The admin's own log-in page is ours; 403 for who is logged in and may not enter."""
    if request.user.is_authenticated:
        raise PermissionDenied("A administração é da supervisão.")
    return redirect_to_login(request.GET.get("next", request.path))


@sensitive_post_parameters()
@never_cache
@for_agents
def first_access(request: HttpRequest) -> HttpResponse:
    """Choose the own password; nothing else is open until then (`FirstAccessMiddleware`)."""
    agent = cast(Agent, request.user)
    if not agent.must_change_password:
        return redirect("desk")
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and choose(request, form, agent):
        return redirect("desk")
    status = 422 if form.errors else 200
    shown = {"form": form, "rule": PASSWORD_RULE}
    return render(request, "registration/first_access.html", shown, status=status)


def choose(request: HttpRequest, form: NewPasswordForm, agent: Agent) -> bool:
    """Set the password of a valid *form*, keeping this log-in; or say in the form why not."""
    try:
        people.choose_password(agent, form.cleaned_data["new"])
    except ValidationError as error:
        form.add_error("new", error)
        return False
    except NotAllowed as error:
        form.add_error(None, str(error))
        return False
    # The verb wrote another instance of the row, and the hash of a session is made of the password.
    # It ended this log-in like the others: it is given the new hash.
    agent.refresh_from_db()
    update_session_auth_hash(request, agent)
    return True
