"""What strangers send: values, queries, bodies, headers and socket messages for hypothesis."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

from django import forms
from hypothesis import strategies as st

LONG = "9" * 5000
VALUES = (
    "",
    "0",
    "1",
    "-1",
    "1.5",
    "9223372036854775808",
    LONG,
    "x" * 300,
    "\0",
    "a\0b",
    "٣",
    "\ufffe",
    "😀" * 50,
    "0001-01-01T00:00:00+14:00/1",
    "9999-12-31T23:59:59-12:00/1",
    "2026-01-01T00:00:00/1",
    f"2026-01-01T00:00:00Z/{LONG}",
    "pendentes",
    "minhas",
    "fila",
    "11.222.333/0001-81",
    "00000000-0000-0000-0000-000000000000",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "%00",
    "../../etc/passwd",
    "[" * 5000,
)
RAW = (b"\xff\xfe", b"\xed\xa0\x80", b"%ff", b"=&=&=", b"&" * 2000, b"[" * 5000, b"\0" * 10)
TYPES = (
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "application/json",
    "a/b; c=" + "x" * 300,
    "",
)
HEADERS = {
    "HX-Request": ("true", "false"),
    "HX-Target": ("chat", "lista", "\xff", "x" * 300),
    "HX-Current-URL": ("http://[", "//", "x" * 3000),
    "Accept": ("*/*", "application/json", "text/html;q=x", ","),
    "Accept-Language": ("pt-BR", "x" * 300, "*;q=9"),
    "Accept-Encoding": ("gzip;q=x", "\xff"),
    "If-None-Match": ('"x"', "W/\xff"),
    "If-Modified-Since": ("Thu, 01 Jan 0001 00:00:00 GMT", "x"),
    "Range": ("bytes=5-1", "x"),
    "Referer": ("http://[", "x"),
    "Origin": ("null", "http://["),
    "X-Forwarded-For": ("1.2.3.4", "x" * 300, "a\0b", "[::1]:9"),
    "X-Forwarded-Proto": ("https", "x"),
    "X-Requested-With": ("XMLHttpRequest",),
    "Authorization": ("Bearer x", "Basic =", "Bearer \xff"),
}
COOKIES = ('"a\\001bcdefgh"', "x" * 3000, "ÿþ", '"\\777"', "dark", "=;=;", "[]")
METHODS = (*["GET"] * 6, *["POST"] * 8, "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "X")
# What broke a page before, and its kin.
NASTY = (
    LONG,
    "9223372036854775808",
    "x" * 300,
    "a\0b",
    "0001-01-01T00:00:00+14:00/1",
    "9999-12-31T23:59:59-12:00/1",
    f"2026-01-01T00:00:00Z/{LONG}",
)


def names() -> list[str]:
    """Of all fields of all our forms, and some more."""
    found = {"q", "p", "o", "e", "next", "page", "id__exact", "at__year", "action", "_popup"}
    kinds: list[Any] = [forms.Form, forms.ModelForm]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        found |= set(getattr(kind, "base_fields", ()))
    return sorted(found)


values = st.sampled_from(VALUES) | st.text(max_size=20)


def addresses(template: str, params: list[str], known: list[str]) -> st.SearchStrategy[str]:
    """Paths that the route *template* may match; two in three with ids that exist."""
    odd = st.sampled_from(("0", LONG, "1" * 25, "x", "\0", "ÿ"))
    piece = st.one_of(st.sampled_from(known), st.sampled_from(known), odd)
    captured = st.fixed_dictionaries({name: piece.map(_quoted) for name in params})
    return captured.map(lambda found: "/" + template % found)


def _quoted(text: str) -> str:
    return quote(text, safe="")


def pairs() -> st.SearchStrategy[list[tuple[str, str]]]:
    """A few parameters, or all there are: no page knows more than some of them."""
    few = st.lists(st.tuples(st.sampled_from(names()), values), max_size=6)
    everything = st.fixed_dictionaries({name: st.sampled_from(VALUES) for name in names()})
    return few | everything.map(lambda found: list(found.items()))


def queries() -> st.SearchStrategy[str]:
    made = pairs().map(lambda found: urlencode(found, errors="replace"))
    return made | st.sampled_from(RAW).map(lambda raw: quote(raw, safe="%&=["))


def bodies() -> st.SearchStrategy[tuple[bytes, str]]:
    """A body and its content type, that often fit each other."""
    return st.one_of(
        pairs().map(lambda found: (urlencode(found, errors="replace").encode(), TYPES[0])),
        pairs().map(_multipart),
        st.tuples(st.sampled_from(RAW) | st.binary(max_size=50), st.sampled_from(TYPES)),
    )


def _multipart(found: list[tuple[str, str]]) -> tuple[bytes, str]:
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in found
    ]
    whole = "".join([*parts, "--x--\r\n"]).encode(errors="replace")
    return whole, "multipart/form-data; boundary=x"


def headers() -> st.SearchStrategy[dict[str, str]]:
    """Half of them none, so that pages are reached as well."""
    optional = {name: st.sampled_from(known) for name, known in HEADERS.items()}
    none: dict[str, str] = {}
    return st.just(none) | st.fixed_dictionaries({}, optional=optional)


def cookies() -> st.SearchStrategy[dict[str, str]]:
    known = ("sessionid", "csrftoken", "tema", "messages", "django_language")
    one = st.sampled_from(COOKIES)
    none: dict[str, str] = {}
    some = st.fixed_dictionaries({}, optional=dict.fromkeys(known, one))
    return st.one_of(st.just(none), st.just(none), some)


def hellos() -> st.SearchStrategy[bytes]:
    """Messages for the sockets: texts that are JSON, and some that are not."""
    value = st.one_of(
        values,
        st.sampled_from(("\ud800", 10**400, -1, None, True, [], {}, 1e308)),
        st.lists(st.none(), max_size=3),
    )
    fields = ("tab", "filter", "session", "words", "conversation", "since", "type", "token")
    objects = st.fixed_dictionaries({}, optional=dict.fromkeys((*fields, "cursor"), value))
    whole = objects.map(lambda found: json.dumps(found).encode())
    odd = st.sampled_from(
        (b"", b"null", b"[]", b'"x"', b"NaN", b"{", b"[" * 200_000, b'{"a":' * 50_000, b"\xff\xfe")
    )
    return whole | odd | st.binary(max_size=30)
