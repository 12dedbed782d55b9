"""CNPJ: the Brazilian company number, digits only until 2026, letters and digits since."""

from django.core.exceptions import ValidationError
from validate_docbr import CNPJ

_rule = CNPJ()


def normalise(text: str) -> str:
    """Return *text* upper-cased and without punctuation, at most what a person could mean."""
    return "".join(char for char in text.upper() if char.isascii() and char.isalnum())


def validate(text: str) -> None:
    """Raise ValidationError (pt-BR) unless *text* is a CNPJ with right check digits."""
    if len(normalise(text)) != 14:
        raise ValidationError("O CNPJ precisa de 14 caracteres.")
    if not _rule.validate(normalise(text)):
        raise ValidationError("CNPJ inválido: confira os dígitos.")


def clean(text: str) -> str:
    """Return what a person typed as 14 characters, or "" for nothing. Raises ValidationError."""
    code = normalise(text)
    if text.strip():
        validate(code)
    return code


def mask(cnpj: str) -> str:
    """Return 14 characters as ``AA.AAA.AAA/AAAA-00``; anything else unchanged."""
    if len(cnpj) != 14:
        return cnpj
    return f"{cnpj[:2]}.{cnpj[2:5]}.{cnpj[5:8]}/{cnpj[8:12]}-{cnpj[12:]}"
