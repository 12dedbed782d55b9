"""Made requests at every route of the URLconf: no 500, and nothing unexpected in the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.http import SimpleCookie
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.regex_helper import normalize
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.factories import AgentFactory, SupervisorFactory
from accounts.models import Role
from painel.log_filters import WithoutTraceback
from painel.tests import hostile
from whatsapp.factories import ClientFactory, ConversationFactory, OutgoingMessageFactory

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]
# Of each route. The admin's pages are Django's own, and look alike.
EXAMPLES, OF_ADMIN = 12, 3
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


@pytest.fixture
def house(db: None) -> dict[str, list[str]]:
    """Something of each kind: the cookies of who may come, and the ids that exist."""
    conversation = ConversationFactory()
    conversation.contact.client = ClientFactory()
    conversation.contact.save()
    message = OutgoingMessageFactory(conversation=conversation)
    people = [AgentFactory(), SupervisorFactory(), AgentFactory(role=Role.ADMIN)]
    ids = {conversation.pk, message.pk, conversation.session_id, *(one.pk for one in people)}
    kind = ContentType.objects.first()
    known = [*(str(pk) for pk in ids), "name", "cnpj", "whatsapp", str(kind and kind.pk)]
    return {"cookies": ["", *map(_cookie, people)], "known": known}


def test_the_walk_finds_the_routes_that_are_known() -> None:
    found = routes()
    assert "atendimento/c/%(pk)s/anteriores/" in found
    assert "numeros/parear/" in found
    assert "entrar/" in found
    assert len(found) > 30


def test_no_request_is_answered_with_500(house: dict[str, list[str]], listening: Listening) -> None:
    for template, params in routes().items():
        _throw(template, params, house, listening)


def _throw(
    template: str, params: list[str], house: dict[str, list[str]], listening: Listening
) -> None:
    @settings(
        max_examples=OF_ADMIN if template.startswith("admin/") else EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(
        path=hostile.addresses(template, params, house["known"]),
        method=st.sampled_from(hostile.METHODS),
        query=hostile.queries(),
        body=hostile.bodies(),
        headers=hostile.headers(),
        cookies=hostile.cookies(),
        session=st.sampled_from(house["cookies"]),
    )
    def thrown(
        path: str,
        method: str,
        query: str,
        body: tuple[bytes, str],
        headers: dict[str, str],
        cookies: dict[str, str],
        session: str,
    ) -> None:
        browser = Browser(raise_request_exception=False)
        browser.cookies = SimpleCookie()
        kept = {"sessionid": session, **cookies} if session else cookies
        cookie = "; ".join(f"{name}={value}" for name, value in kept.items())
        with transaction.atomic():
            answer = browser.generic(
                method, f"{path}?{query}", *body, headers={**headers, "Cookie": cookie}
            )
            transaction.set_rollback(True)
        sent = f"{method} {path[:200]}?{query[:300]} {headers} {cookies} {body!r:.300}"
        assert not listening.found, f"{sent}\n{listening.found[0]}"
        assert answer.status_code < 500, sent

    thrown()
