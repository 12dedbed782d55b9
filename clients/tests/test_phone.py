from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from clients import phone

TYPED = [
    ("+55 (86) 98811-2233", "5586988112233"),
    ("(86) 98811-2233", "5586988112233"),
    ("86 8811-2233", "558688112233"),
    ("5586988112233", "5586988112233"),
    ("558688112233", "558688112233"),
    ("55 98811-2233", "5555988112233"),
    ("00 55 86 98811-2233", "5586988112233"),
    ("0055 86 98811 2233", "5586988112233"),
    ("0 86 98811-2233", "5586988112233"),
    ("0xx86 98811-2233", "5586988112233"),
    ("(0XX86) 98811-2233", "5586988112233"),
    ("0 15 86 98811-2233", "5586988112233"),
    ("(86)\u00a098811\u20112233", "5586988112233"),
    ("\u202a+55 86 98811-2233\u202c", "5586988112233"),
    ("（８６）９８８１１－２２３３", "5586988112233"),
    ("٨٦ ٩٨٨١١ ٢٢٣٣", "5586988112233"),
    ("11 3214-0005", "551132140005"),
    ("0800 123 4567", "558001234567"),
    ("+52 1 55 1234 5678", "525512345678"),
    ("+52 55 1234 5678", "525512345678"),
    ("+54 9 11 2345-6789", "5491123456789"),
    ("+54 11 15 2345-6789", "5491123456789"),
    ("+54 11 2345-6789", "541123456789"),
    ("+1 415 555 2671", "14155552671"),
    ("+351 912 345 678", "351912345678"),
]

SAME = [
    ("(86) 98811-2233", "86 8811-2233"),
    ("+55 86 98811-2233", "558688112233"),
    ("+52 1 55 1234 5678", "+52 55 1234 5678"),
    ("+54 9 11 2345-6789", "+54 11 2345-6789"),
    ("00 55 86 98811-2233", "0xx86 98811-2233"),
]


@pytest.mark.parametrize(("typed", "stored"), TYPED)
def test_what_people_type_is_read(typed: str, stored: str) -> None:
    assert phone.parse(typed) == stored


@pytest.mark.parametrize(("typed", "stored"), TYPED)
def test_what_was_read_reads_the_same_again(typed: str, stored: str) -> None:
    assert phone.parse(f"+{stored}") == stored


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_of_one_telephone_are_equal(one: str, other: str) -> None:
    assert phone.match_key(phone.parse(one)) == phone.match_key(phone.parse(other))


def test_equal_forms_of_the_wire_have_one_key() -> None:
    assert phone.match_key("5215512345678") == phone.match_key("525512345678")
    assert phone.match_key("5491123456789") == phone.match_key("541123456789")
    assert phone.match_key("558688112233") == phone.match_key("5586988112233")


@pytest.mark.parametrize("number", ["551132140005", "14155552671", "351912345678"])
def test_landlines_and_foreigners_are_left_alone(number: str) -> None:
    assert phone.match_key(number) == number


@pytest.mark.parametrize("typed", ["98811-2233", "8811-2233", "0 98811-2233", "3214 0005"])
def test_a_missing_area_code_is_named(typed: str) -> None:
    with pytest.raises(ValidationError, match="Falta o DDD"):
        phone.parse(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "abc",
        "12",
        "+",
        "00",
        "(86) 9881-ABCD",
        "86 98811-2233 ramal 4",
        "9" * 40,
        "9" * 5000,
        "+999 12345678",
        "86 18811-2233",
        "86 18811-22334",
        "+55 98811-2233",
        "86\x0098811-22334",
        "8" * 20,
    ],
)
def test_nonsense_is_no_telephone(typed: str) -> None:
    with pytest.raises(ValidationError, match=r"Telefone inválido|Falta o DDD"):
        phone.parse(typed)


@pytest.mark.parametrize("words", ["", "123", "(86)", "abc", "+55"])
def test_few_digits_are_not_looked_for(words: str) -> None:
    assert phone.search_keys(words) == []


def test_phone_is_shown_as_people_write_it() -> None:
    assert phone.mask("5511900123344") == "+55 11 90012-3344"
    assert phone.mask("551132140005") == "+55 11 3214-0005"
    assert phone.mask("525512345678") == "+52 55 1234 5678"
