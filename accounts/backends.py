"""The admin's permissions come from the table of rights; nobody keeps groups."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from accounts import rights
from accounts.models import Agent


class RoleBackend(ModelBackend):
    """Logs in like Django's own backend; permissions follow from the agent's role."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set(rights.permissions_of(user_obj)) if isinstance(user_obj, Agent) else set()

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return perm in self.get_all_permissions(user_obj)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return any(name.startswith(f"{app_label}.") for name in self.get_all_permissions(user_obj))
