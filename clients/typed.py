"""What a person typed or pasted, in plain characters: full-width forms, foreign digits, marks."""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    """Return *text* with its compatibility forms resolved (NFKC: full-width, no-break spaces), its
    digits as 0-9, any dash as "-", and without Unicode's control and format characters."""
    return "".join(map(_plain, unicodedata.normalize("NFKC", text)))


def _plain(char: str) -> str:
    if char.isascii():
        # A tab or line break parts words, as a space does.
        return char if char.isprintable() else " "
    category = unicodedata.category(char)
    if category in ("Cc", "Cf"):
        return ""
    if category == "Pd":
        return "-"
    digit = unicodedata.decimal(char, None)
    return char if digit is None else str(digit)
