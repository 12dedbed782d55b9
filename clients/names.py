"""Names of people and companies: the form that is stored, and the one that is compared.

`clean` for storing; `Fold` (SQL) for comparing, on both sides of the comparison.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from django.db import models

LONGEST = 160
# Nobody's writing stacks more marks than this on one letter; "Z̸a̶l̵g̷o̴" does, over its neighbours.
MOST_MARKS = 4

# Letters and symbols by their category, with nothing to see: Hangul fillers, the empty Braille
# pattern, the null note head.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159")
_JOINERS = "\u200c\u200d"
# A joiner makes one of two emoji, and letters of Arabic and Indian scripts; anywhere else it is
# only a way to make two names look the same.
_USED_JOINER = re.compile(rf"(?<=[^\u0000-\u02ff\s])[{_JOINERS}](?=[^\u0000-\u02ff\s])")


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """Return *text* as it is stored: composed (NFC), one space where there were several, without
    control, direction and zero-width characters, at most 160 characters; empty when nothing of it
    can be seen. The first thousand characters are read."""
    text = text[:1000]
    if not (text.isascii() and text.isprintable()):
        joined = {match.start() for match in _USED_JOINER.finditer(text)}
        kept = (_kept(char, n in joined) for n, char in enumerate(text))
        # Composed only now: what was dropped may have stood between a letter and its accent.
        text = _without_stacks(unicodedata.normalize("NFC", "".join(kept)))
    text = " ".join(text.split())[:LONGEST].rstrip()
    return text if is_visible(text) else ""


def _kept(char: str, joins: bool) -> str:
    if joins:
        return char
    category = unicodedata.category(char)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    # Cs are halves of pairs, which UTF-8 cannot store; of Cn nobody knows how it will look.
    return "" if category in ("Cf", "Cs", "Cn") else char


def _without_stacks(text: str) -> str:
    kept, marks = [], 0
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= MOST_MARKS:
            kept.append(char)
    return "".join(kept)


def is_visible(text: str) -> bool:
    """Whether there is anything to see: marks alone, spaces and fillers do not count."""
    return any(map(_is_seen, text))


def _is_seen(char: str) -> bool:
    if char.isascii():
        return "!" <= char <= "~"
    return char not in _BLANK and unicodedata.category(char)[0] in "LNPS"


def first_visible(*names: str | None) -> str:
    """The first of *names* with something to see; else the empty text."""
    return next((name for name in names if name and is_visible(name)), "")


class Fold(models.Func):
    """A text without accents and case, as names are compared: the function of clients' first
    migration, immutable so that columns and indexes can be made of it."""

    # Words that are looked for are folded by it as well: Python lacks unaccent's dictionary.
    function = "clients_fold"
    output_field = models.TextField()
