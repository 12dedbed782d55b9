"""The table of rights in templates: ``{% if user|may:"number.connect" %}``."""

from __future__ import annotations

from typing import Any

from django import template

from accounts import rights

register = template.Library()


@register.filter
def may(person: Any, can: str) -> bool:
    """Whether *person* has the right *can* at all. Raises ValueError for no such right."""
    return bool(person.is_authenticated) and rights.may(person, rights.Can(can))
