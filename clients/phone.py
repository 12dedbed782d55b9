"""Telephone numbers as digits (E.164 without the plus), Brazil first."""

import phonenumbers
from django.core.exceptions import ValidationError


def digits(text: str) -> str:
    return "".join(char for char in text if char.isascii() and char.isdigit())


def parse(text: str) -> str:
    """Return E.164 digits for what a person typed; a bare number is taken as Brazilian.

    Raises ValidationError (pt-BR).
    """
    try:
        number = phonenumbers.parse(text if _has_country(text) else digits(text), "BR")
    except phonenumbers.NumberParseException as error:
        raise ValidationError("Telefone inválido: confira o DDD e o número.") from error
    if not phonenumbers.is_possible_number(number):
        raise ValidationError("Telefone inválido: confira o DDD e o número.")
    return digits(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _has_country(text: str) -> bool:
    return text.strip().startswith("+")


def match_key(phone: str) -> str:
    """Return the form in which two spellings of one number are equal.

    Brazilian mobiles may or may not carry the ninth digit: WhatsApp keeps the number as it was
    registered, so 551190012233 and 5511990012233 are one person. Landlines (first digit 2 to 5)
    and other countries are left alone.
    """
    if len(phone) == 12 and phone.startswith("55") and phone[4] in "6789":
        return f"{phone[:4]}9{phone[4:]}"
    return phone


def mask(phone: str) -> str:
    """Return ``+55 11 90012-3344`` for Brazilian digits, the international form for others."""
    if phone.startswith("55") and len(phone) in (12, 13):
        return f"+55 {phone[2:4]} {phone[4:-4]}-{phone[-4:]}"
    try:
        number = phonenumbers.parse(f"+{phone}")
    except phonenumbers.NumberParseException:
        return f"+{phone}"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
