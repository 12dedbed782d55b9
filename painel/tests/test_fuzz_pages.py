"""Made requests at every route of the URLconf: no 500, and nothing unexpected in the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from zlib import crc32

import pytest
from django.db import transaction
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.regex_helper import normalize
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from accounts.factories import AgentFactory, SupervisorFactory
from accounts.models import Role
from painel.log_filters import WithoutTraceback
from painel.tests import hostile
from whatsapp.factories import (
    ClientFactory,
    ContactFactory,
    ConversationFactory,
    OutgoingMessageFactory,
    SessionFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]
# Of each route. The admin's pages are Django's own, and look alike.
EXAMPLES, OF_ADMIN = 10, 2
ID = 7_000_077
# Thrown at by the schema's own test.
ELSEWHERE = ("api/",)


def routes() -> dict[str, list[str]]:
    """{"atendimento/c/%(pk)s/": ["pk"], …} of every route, so that a new one is here by itself."""
    return dict(_walk(get_resolver().url_patterns, ""))


def _walk(patterns: list[Any], before: str) -> Iterator[tuple[str, list[str]]]:
    for pattern in patterns:
        regex = before + pattern.pattern.regex.pattern.removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, regex)
        elif isinstance(pattern, URLPattern):
            for template, params in normalize(regex)[:1]:
                if not template.startswith(ELSEWHERE):
                    yield template, params


class Listening(logging.Handler):
    """Keeps the tracebacks that production's log would show."""

    def __init__(self) -> None:
        super().__init__()
        self.addFilter(WithoutTraceback())
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.found.append(logging.Formatter().format(record))


@pytest.fixture
def listening() -> Iterator[Listening]:
    handler = Listening()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def _cookie(agent: Any) -> str:
    browser = Browser()
    browser.force_login(agent)
    return browser.cookies["sessionid"].value


@dataclass
class House:
    """The sessions of who may come: a stranger, an agent, a supervisor, an administrator."""

    sessions: list[str]


@pytest.fixture
def house(db: None) -> House:
    """Something of each kind, all with one id, so that it fits any address."""
    session = SessionFactory(pk=ID)
    contact = ContactFactory(pk=ID, client=ClientFactory(pk=ID))
    conversation = ConversationFactory(pk=ID, session=session, contact=contact)
    OutgoingMessageFactory(pk=ID, conversation=conversation)
    people = [AgentFactory(pk=ID), SupervisorFactory(), AgentFactory(role=Role.ADMIN)]
    return House(["", *map(_cookie, people)])


def test_the_walk_finds_the_routes_that_are_known() -> None:
    found = routes()
    assert "atendimento/c/%(pk)s/anteriores/" in found
    assert "numeros/parear/" in found
    assert "entrar/" in found
    assert len(found) > 30


class Thrower:
    """Sends a request and undoes what it did; fails when it was answered with 500 or logged so."""

    def __init__(self, house: House, listening: Listening) -> None:
        self.house, self.listening = house, listening

    def throw(
        self,
        method: str,
        address: str,
        body: tuple[bytes, str],
        headers: dict[str, str],
        cookies: dict[str, str],
    ) -> None:
        browser = Browser(raise_request_exception=False)
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        with transaction.atomic():
            sent = headers | {"Cookie": cookie}
            answer = browser.generic(method, address, *body, headers=sent)
            transaction.set_rollback(True)
        thrown = f"{method} {address[:300]} {body!r:.300} {sent}"
        assert not self.listening.found, f"{thrown}\n{self.listening.found[0]}"
        assert answer.status_code < 500, thrown


@pytest.fixture
def thrower(house: House, listening: Listening) -> Thrower:
    return Thrower(house, listening)


@pytest.mark.parametrize("value", hostile.NASTY, ids=lambda value: value[:12])
def test_no_parameter_is_answered_with_500(thrower: Thrower, value: str) -> None:
    """Every parameter that any form has, at every route of ours."""
    said = urlencode(dict.fromkeys(hostile.names(), value))
    for template, params in routes().items():
        if not template.startswith("admin/"):
            address = "/" + template % dict.fromkeys(params, str(ID))
            form = (said.encode(), hostile.TYPES[0])
            admin = {"sessionid": thrower.house.sessions[-1]}
            thrower.throw("GET", f"{address}?{said}", (b"", ""), {}, admin)
            thrower.throw("POST", address, form, {}, admin)
            thrower.throw("POST", address, form, {}, {})


def test_no_request_is_answered_with_500(thrower: Thrower) -> None:
    for template, params in routes().items():
        _throw_made_ones(thrower, template, params)


def _throw_made_ones(thrower: Thrower, template: str, params: list[str]) -> None:
    # Not derandomize, which would make the same requests for every route.
    @seed(crc32(template.encode()))
    @settings(
        max_examples=OF_ADMIN if template.startswith("admin/") else EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(
        method=st.sampled_from(hostile.METHODS),
        path=hostile.addresses(template, params, [str(ID), "name", "whatsapp"]),
        query=hostile.queries(),
        body=hostile.bodies(),
        headers=hostile.headers(),
        cookies=hostile.cookies(),
        session=st.sampled_from(thrower.house.sessions),
    )
    def thrown(
        method: str,
        path: str,
        query: str,
        body: tuple[bytes, str],
        headers: dict[str, str],
        cookies: dict[str, str],
        session: str,
    ) -> None:
        known = {"sessionid": session} | cookies
        thrower.throw(method, f"{path}?{query}", body, headers, known)

    thrown()
