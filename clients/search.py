"""What a person looks for, read once for all searches: page, API and admin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, islice

from django.db.models import Q, Value

from clients import cnpj, names, phone
from clients.names import Fold
from clients.typed import plain

# More than a person types; what is longer is cut, so that no search costs without an end.
LONGEST = 100
MOST_TERMS = 8
# A trunk zero as cards print it (0xx86) is a number, though there are letters in it.
_NUMBER = re.compile(r"\W*0[xX]{2}\d*\W*|[\d()+./-]+")


@dataclass(frozen=True)
class Term:
    """A word, or several that make one number: all of them in a name, or the telephone, or the
    CNPJ, or a part of these."""

    words: tuple[str, ...]
    phones: tuple[str, ...]
    cnpj: str

    def in_names(self, column: str) -> Q:
        """That all the words are in *column*, which holds folded text."""
        found = Q()
        for word in self.words:
            # Django escapes % and _ of an expression in SQL; test_hostile_words_are_read_literally.
            found &= Q(**{f"{column}__contains": Fold(Value(word))})
        return found

    def in_phones(self, column: str) -> Q:
        """That one reading as a telephone is in *column*, which holds `phone.match_key`s."""
        # Nothing, for the readings to be added to: an empty Q would be everything.
        found = Q(pk__in=())
        for key in self.phones:
            found |= Q(**{f"{column}__contains": key})
        return found


def terms(words: str) -> list[Term]:
    """Read *words*: all the terms must be found, in any order. Nothing readable means no terms."""
    known = filter(None, map(names.clean, words[:LONGEST].split()))
    return list(islice(_terms(list(known)), MOST_TERMS))


def _terms(words: list[str]) -> Iterator[Term]:
    """Words of digits and their punctuation that follow each other are one number, as in
    "+55 86 98811-2233"."""
    for is_number, group in groupby(words, key=lambda word: bool(_NUMBER.fullmatch(plain(word)))):
        if is_number:
            parts = tuple(group)
            number = " ".join(parts)
            # Also as words: "Auto Center 24 Horas" is found by its 24.
            yield Term(parts, tuple(phone.search_keys(number)), cnpj.search_part(number))
        else:
            for word in group:
                yield Term((word,), (), cnpj.search_part(word))
