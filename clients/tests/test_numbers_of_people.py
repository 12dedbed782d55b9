from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from clients import cnpj, phone


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("11222333000181", "11.222.333/0001-81"),
        ("12.abc.345/01de-35", "12.ABC.345/01DE-35"),
    ],
)
def test_valid_cnpj(text: str, masked: str) -> None:
    cnpj.validate(text)
    assert cnpj.mask(cnpj.normalise(text)) == masked


@pytest.mark.parametrize("text", ["", "1", "11222333000180", "<script>", "11.222.333/0001-8"])
def test_invalid_cnpj_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        cnpj.validate(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5511990010001", "551190010001"),
        ("+55 (11) 99001-0001", "11990010001"),
    ],
)
def test_two_spellings_of_one_mobile(one: str, other: str) -> None:
    assert phone.match_key(phone.parse(one if one[0] == "+" else f"+{one}")) == phone.match_key(
        phone.parse(other if other[0] != "5" else f"+{other}")
    )


@pytest.mark.parametrize("number", ["551132140005", "14155552671", "351912345678"])
def test_landlines_and_foreigners_are_left_alone(number: str) -> None:
    assert phone.match_key(number) == number


def test_phone_is_shown_as_people_write_it() -> None:
    assert phone.mask("5511900123344") == "+55 11 90012-3344"
    assert phone.mask("551132140005") == "+55 11 3214-0005"


@pytest.mark.parametrize("text", ["", "abc", "12", "9" * 40])
def test_nonsense_is_no_phone(text: str) -> None:
    with pytest.raises(ValidationError):
        phone.parse(text)
