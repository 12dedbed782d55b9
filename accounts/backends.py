"""Log-in by name and password, guarded; permissions of the admin from the table of rights."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts import audit, rights
from accounts.address import address_of
from accounts.guard import Attempt
from accounts.models import Agent, Door


class RoleBackend(ModelBackend):
    """Checks passwords for every door; permissions follow from the agent's role, not groups."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> Agent | None:
        """The agent, or None for a wrong name or password. Raises `guard.Locked`."""
        if username is None or password is None:
            return None
        # Before the password is looked at: a locked account costs no hashing, and its answer does
        # not tell whether the password was right.
        attempt = Attempt(username, address_of(request) if request else "")
        found = super().authenticate(request, username=attempt.name, password=password, **kwargs)
        if not isinstance(found, Agent) or found.temporary_expired:
            attempt.failed()
            # The form says that the password has expired; it let nobody in.
            return found if isinstance(found, Agent) else None
        attempt.succeeded()
        # The API refuses a temporary password after this, and nobody has come in.
        if not (found.must_change_password and audit.door() == Door.API):
            audit.record(found, "login.done", found)
        return found

    # Not kept on the user as ModelBackend does, so that another role counts at once. *obj* is not
    # asked: the admin asks of whole lists, and of one row the verb decides.
    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set(rights.permissions_of(user_obj)) if isinstance(user_obj, Agent) else set()

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        # Django asks no backend about an active superuser: he may all, as the table says of him.
        return perm in self.get_all_permissions(user_obj)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return any(name.startswith(f"{app_label}.") for name in self.get_all_permissions(user_obj))
