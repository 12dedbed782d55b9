"""Telephone numbers as digits (E.164 without the plus), Brazil first.

`parse` reads what a person typed, `match_key` tells whether two numbers are the same, and
`search_keys` which parts of a key a search may mean. `PhoneKey` is `match_key` in SQL.
"""

from __future__ import annotations

import re

import phonenumbers
from django.core.exceptions import ValidationError
from django.db import models

from clients.typed import plain

LONGEST_TYPED = 40
# The fewest digits worth looking for: fewer are in every telephone.
SHORTEST_PART = 4

INVALID = "Telefone inválido: confira o DDD e o número."
NO_AREA = "Falta o DDD: escreva, por exemplo, (86) {}."
NOT_DIGITS = "Telefone inválido: use só números, espaços, parênteses, traços e o sinal de mais."
TOO_LONG = "Telefone inválido: são dígitos demais."

_TYPED = re.compile(r"[\d\s()+./-]+")
# A trunk zero as it is printed on cards: 0xx86, (0XX86), with or without the "xx".
_TRUNK = re.compile(r"^\W*0\s*[xX]{2}")
# What follows the country: a DDD, then nine digits from 9 on, or eight; or a toll-free number.
_BRAZILIAN = re.compile(r"(?:[1-9]{2}(?:9\d{8}|[2-9]\d{7})|(?:800|300|500|900)\d{6,7})")

# A mobile as it was written before the ninth digit, or the beginning of one: DDD, then 6 to 9.
_BEFORE_NINTH = re.compile(r"^((?:55)?[1-9]{2})([6-9][0-9]{3,7})$")


def digits(text: str) -> str:
    return "".join(char for char in text if char.isascii() and char.isdigit())


def parse(text: str) -> str:
    """Return E.164 digits for what a person typed; without a country it is taken as Brazilian.

    Raises ValidationError (pt-BR), which names the DDD when that is what is missing.
    """
    if len(text) > LONGEST_TYPED:
        raise ValidationError(TOO_LONG)
    typed = _TRUNK.sub("0", plain(text).strip(), count=1)
    if typed and not _TYPED.fullmatch(typed):
        raise ValidationError(NOT_DIGITS)
    number = digits(typed)
    if typed.lstrip(" (").startswith("+"):
        return _international(number)
    if number.startswith("00"):
        return _international(number[2:])
    return _brazilian(number)


def _brazilian(number: str) -> str:
    """E.164 of digits without "+" or "00" before them: national, or with 55 in front."""
    # Not shorter ones: 55 is also a DDD (Santa Maria).
    if len(number) in (12, 13) and number.startswith("55"):
        return _international(number)
    if len(local := number.lstrip("0")) in (8, 9):
        raise ValidationError(NO_AREA.format(f"{local[:-4]}-{local[-4:]}"))
    try:
        # Knows the trunk zero, and the carrier's two digits that may follow it.
        parsed = phonenumbers.parse(number, "BR")
    except phonenumbers.NumberParseException as error:
        raise ValidationError(INVALID) from error
    return _international(f"55{phonenumbers.national_significant_number(parsed)}")


def _international(number: str) -> str:
    """E.164 of digits that begin with a country's code."""
    if number.startswith("521"):
        # libphonenumber knows Mexico only without the 1.
        number = match_key(number)
    try:
        parsed = phonenumbers.parse(f"+{number}")
    except phonenumbers.NumberParseException as error:
        raise ValidationError(INVALID) from error
    e164 = digits(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
    # Of the length only: which ranges are in use changes faster than the library.
    known = parsed.country_code != 55 or _BRAZILIAN.fullmatch(e164[2:])
    if not known or not phonenumbers.is_possible_number(parsed):
        raise ValidationError(INVALID)
    return e164


def match_key(phone: str) -> str:
    """Return the form in which two spellings of one number (E.164 digits) are equal.

    Brazilian mobiles may or may not carry the ninth digit: WhatsApp keeps the number as it was
    registered, so 551190012233 and 5511990012233 are one person (landlines begin with 2 to 5).
    Mexico gave up its 1 after the country's code; Argentina's 9 is not dialled from home.
    """
    if len(phone) == 12 and phone.startswith("55") and phone[4] in "6789":
        return f"{phone[:4]}9{phone[4:]}"
    if len(phone) == 13 and phone.startswith(("521", "549")):
        return phone[:2] + phone[3:]
    return phone


# test_the_key_is_the_same_in_python_and_in_sql compares the two.
class PhoneKey(models.Func):
    """`match_key` of a column, in SQL. Without regular expressions, which take ten times as long
    (10 µs), since each new contact pays for it."""

    template = """CASE
        WHEN length(%(expressions)s) = 12 AND left(%(expressions)s, 2) = '55'
            AND substr(%(expressions)s, 5, 1) IN ('6', '7', '8', '9')
        THEN left(%(expressions)s, 4) || '9' || substr(%(expressions)s, 5)
        WHEN length(%(expressions)s) = 13 AND left(%(expressions)s, 3) IN ('521', '549')
        THEN left(%(expressions)s, 2) || substr(%(expressions)s, 4)
        ELSE %(expressions)s END"""
    arity = 1
    output_field = models.CharField(max_length=20)


def search_keys(text: str) -> list[str]:
    """Return the parts of a `match_key` that *text* may mean; any one of them is a hit.

    Empty when there are fewer than four digits. A part may be without country, DDD or the ninth
    digit, and may carry a trunk zero or an international prefix.
    """
    part = digits(_TRUNK.sub("0", plain(text), count=1)).lstrip("0")
    if len(part) < SHORTEST_PART:
        return []
    # All readings: whether 86988 begins with a DDD or stands in the middle cannot be known.
    return sorted({match_key(part), _BEFORE_NINTH.sub(r"\g<1>9\g<2>", part), part})


def mask(phone: str) -> str:
    """Return ``+55 11 90012-3344`` for Brazilian digits, the international form for others."""
    if phone.startswith("55") and len(phone) in (12, 13):
        return f"+55 {phone[2:4]} {phone[4:-4]}-{phone[-4:]}"
    try:
        number = phonenumbers.parse(f"+{phone}")
    except phonenumbers.NumberParseException:
        return f"+{phone}"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
