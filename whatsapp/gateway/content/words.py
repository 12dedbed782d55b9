"""Texts from outside, made safe to keep."""

from __future__ import annotations

from typing import Any

from whatsapp.contents import MAX_TEXT

MANY = 100


def words(value: str, most: int = MAX_TEXT) -> str:
    """What others wrote, without the NUL that no PostgreSQL text can hold, and not too long."""
    return value.replace("\0", "")[:most]


def lines(*values: str) -> str:
    """The distinct texts of *values* beneath each other."""
    return words("\n".join(dict.fromkeys(value for value in values if value)))


def some(values: Any) -> tuple[str, ...]:
    """The first hundred of many texts."""
    return tuple(words(value) for value in list(values)[:MANY])
