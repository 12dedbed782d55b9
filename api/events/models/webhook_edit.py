"""What administrators do to a webhook, written down: where every message goes to."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.db import transaction

from accounts import audit
from accounts.models import Agent
from accounts.rights import Can, NotAllowed, Scope
from api.events.models.webhook import Webhook


def must_manage(by: Agent) -> None:
    """Raises NotAllowed unless *by* may say where events go."""
    if not by.may(Can.MANAGE_WEBHOOKS, Scope.ALL):
        raise NotAllowed("Só a administração muda webhooks.")


def create_webhook(webhook: Webhook, by: Agent) -> None:
    """Write a new one. Raises NotAllowed."""
    must_manage(by)
    with transaction.atomic():
        webhook.save()
        audit.record(by, "webhook.created", webhook, new=_read(webhook, "url"))


def edit_webhook(webhook: Webhook, by: Agent, fields: Iterable[str]) -> None:
    """Write *fields* of it, an entry for each that changed, and let it be tried at once. Raises
    NotAllowed."""
    must_manage(by)
    with transaction.atomic():
        # Held, so that of two edits the second records what the first left.
        held = Webhook.objects.select_for_update(no_key=True).get(pk=webhook.pk)
        changed = [name for name in fields if getattr(held, name) != getattr(webhook, name)]
        if changed:
            # Only these: the deliverer may have moved the cursor since.
            webhook.save(update_fields=changed)
        for name in changed:
            old, new = (f"{_label(name)}: {_read(one, name)}" for one in (held, webhook))
            audit.record(by, "webhook.changed", webhook, old=old, new=new)
        webhook.release()


def delete_webhook(webhook: Webhook, by: Agent) -> None:
    """Delete it with its deliveries. Raises NotAllowed."""
    must_manage(by)
    with transaction.atomic():
        audit.record(by, "webhook.deleted", webhook, old=_read(webhook, "url"))
        webhook.delete()


def _label(name: str) -> str:
    return str(Webhook._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def _read(webhook: Webhook, name: str) -> str:
    """A field as people read it."""
    value = getattr(webhook, name)
    if name == "url":
        parts = urlsplit(value)
        # Without user, password and query: other systems put their keys there.
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    if name == "types":
        return ", ".join(value) or "todos"
    if name == "active":
        return "Sim" if value else "Não"
    return str(value or "todos")
