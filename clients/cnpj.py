"""CNPJ: the Brazilian company number, digits only until 2026, letters and digits since."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from validate_docbr import CNPJ

from clients.typed import plain

LONGEST_TYPED = 40
# The shortest part worth looking for.
SHORTEST_PART = 4
TAKEN = "Já existe um cliente com este CNPJ."

# Knows the letters too: each counts as its ASCII code less 48, so that digits count as before.
_rule = CNPJ()
_PUNCTUATION = str.maketrans("", "", " ./-")


def clean(text: str) -> str:
    """Return the 14 characters that *text* means: upper case, without its mask.

    Raises ValidationError (pt-BR), also for the empty text: whether one may do without a CNPJ is
    the field's affair.
    """
    code = normalise(text)
    validate(code)
    return code


def normalise(text: str) -> str:
    """Return *text* in plain upper-case characters and without its mask; checks nothing."""
    # One more than may be: what is too long stays so, and no megabyte is normalised.
    return plain(text[: LONGEST_TYPED + 1]).upper().translate(_PUNCTUATION)


def validate(code: str) -> None:
    """Raise ValidationError (pt-BR) unless *code* is a CNPJ without mask with right digits."""
    if len(code) != 14:
        raise ValidationError("O CNPJ precisa de 14 caracteres.")
    if not (code.isascii() and code.isalnum()):
        raise ValidationError("O CNPJ só tem letras e números.")
    if not _rule.validate(code):
        raise ValidationError("CNPJ inválido: confira os dígitos.")


def search_part(text: str) -> str:
    """The part of a CNPJ that *text* may mean; empty when it is too short or has no digit."""
    code = normalise(text)
    # Without a digit it is a word: "casa" is looked for in names alone.
    known = code.isascii() and code.isalnum() and any(char.isdigit() for char in code)
    return code if known and len(code) >= SHORTEST_PART else ""


def mask(code: str) -> str:
    """Return 14 characters as ``AA.AAA.AAA/AAAA-00``; anything else unchanged."""
    if len(code) != 14:
        return code
    return f"{code[:2]}.{code[2:5]}.{code[5:8]}/{code[8:12]}-{code[12:]}"
