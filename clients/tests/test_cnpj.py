from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from clients import cnpj


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("11222333000181", "11222333000181"),
        ("11.222.333/0001-81", "11222333000181"),
        (" 11 222 333 0001 81 ", "11222333000181"),
        ("１１.２２２.３３３/０００１-８１", "11222333000181"),
        ("\u200e11.222.333/0001\u201181", "11222333000181"),
        ("11.222.333\u00a0/\u00a00001-81", "11222333000181"),
        ("1122233300\x000181", "11222333000181"),
        ("12.abc.345/01de-35", "12ABC34501DE35"),
        ("12ABC34501DE35", "12ABC34501DE35"),
    ],
)
def test_every_spelling_is_one_cnpj(typed: str, code: str) -> None:
    assert cnpj.clean(typed) == code
    assert cnpj.clean(cnpj.mask(code)) == code


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "14 caracteres"),
        ("123", "14 caracteres"),
        ("1" * 5000, "14 caracteres"),
        ("11222333000100", "confira os dígitos"),
        ("00000000000000", "confira os dígitos"),
        ("1122233300018A", "confira os dígitos"),
        ("11222333ção181", "letras e números"),
    ],
)
def test_a_wrong_cnpj_is_refused_in_words(typed: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        cnpj.clean(typed)


def test_cnpj_is_shown_masked() -> None:
    assert cnpj.mask("12ABC34501DE35") == "12.ABC.345/01DE-35"
    assert cnpj.mask("123") == "123"
