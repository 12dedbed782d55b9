"""What the documentation promises is what the routes do, whatever is thrown at them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client as Browser
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import patched_settings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from rest_framework_simplejwt.tokens import RefreshToken
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from accounts.factories import SupervisorFactory
from accounts.rights import Can
from accounts.rights_words import who_may
from clients.cnpj import LONGEST_TYPED
from clients.models import Client
from clients.names import clean
from whatsapp.factories import ConversationFactory, SessionFactory
from whatsapp.models import AddressKind, ContactAddress

PHONE = "5511999998888"

schemathesis.openapi.format(
    "phone", st.sampled_from([PHONE, "+55 (11) 99999-8888", f"{PHONE}@s.whatsapp.net"])
)
schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", get_wsgi_application())


@schema.hook
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    """Half of the identifiers that could name a number name the one there is."""
    name = (path_parameters or {}).get("sessionId")
    if isinstance(name, str) and re.fullmatch(r"[-\w]{1,64}", name, re.ASCII) and len(name) % 2:
        return path_parameters | {"sessionId": "vendas-sp"}
    return path_parameters


# No schema says that PostgreSQL keeps no NUL; test_rest_conversations does.
schema.config.generation.update(allow_x00=False)
# And none knows which version of a client there is: a well-formed If-Match may be an old one.
accepted = schema.config.checks.positive_data_acceptance
accepted.expected_statuses = [*accepted.expected_statuses, "412"]


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """A real handler ends each request by closing idle connections; here the test owns it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def token(db: None, settings: Any) -> str:
    """A supervisor's token, in a world where some routes find what they are asked for."""
    settings.ALLOWED_HOSTS = ["*"]
    conversation = ConversationFactory(
        session=SessionFactory(slug="vendas-sp"), contact__phone=PHONE
    )
    ContactAddress.objects.create(
        contact=conversation.contact, kind=AddressKind.PHONE, key=PHONE, value=PHONE
    )
    return str(RefreshToken.for_user(SupervisorFactory()).access_token)


def test_the_schema_is_valid_without_a_warning() -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO())


def _bodies(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for told in (*operation["responses"].values(), operation.get("requestBody", {})):
        yield from told.get("content", {}).values()


def test_every_route_shows_examples_that_fit_and_says_who_may() -> None:
    # 3.1 says null as JSON Schema does.
    with patched_settings({"OAS_VERSION": "3.1.0"}):
        document = SchemaGenerator().get_schema(request=None, public=True)
    components = {"components": document["components"]}
    for operation in (one for path in document["paths"].values() for one in path.values()):
        assert "Permissão:" in operation["description"], operation["operationId"]
        for body in _bodies(operation):
            fits = Draft202012Validator(body["schema"] | components)
            for example in body["examples"].values():
                fits.validate(example["value"])


def test_who_may_is_told_as_the_table_of_rights_has_it() -> None:
    document = SchemaGenerator().get_schema(request=None, public=True)
    told = {
        operation["operationId"]: operation["description"].rpartition("Permissão: ")[2]
        for path in document["paths"].values()
        for operation in path.values()
    }
    assert told["logout"] == who_may(Can.CONNECT_NUMBER)
    assert "atendente" not in told["logout"]
    assert told["send"] == f"{who_may(Can.WRITE)} {who_may(Can.BEGIN_CONVERSATION)}"
    assert "atendente no que é seu" in told["send"]
    for operation, words in told.items():
        for can in Can:
            words = words.replace(who_may(can), "")
        assert words.strip() in ("", "todos."), operation


def test_the_page_needs_nothing_from_elsewhere(client: Browser) -> None:
    answer = client.get("/api/docs/")
    page = answer.content.decode()
    assert "redoc.standalone.js" in page
    assert "//" not in page.replace("<!doctype", "")
    assert "script-src 'self'" in answer["Content-Security-Policy"]


def _within_reason(body: dict[str, Any]) -> None:
    """No schema can say which agents exist, which CNPJ has the right check digits, and which
    letters can be seen."""
    if type(body.get("responsible")) is int:
        body["responsible"] = None
    if isinstance(body.get("cnpj"), str) and len(body["cnpj"]) <= LONGEST_TYPED:
        body["cnpj"] = "11.222.333/0001-81"
    if isinstance(body.get("name"), str) and body["name"].strip() and not clean(body["name"]):
        body["name"] = "Padaria Sol"


def _without_token(case: Any) -> bool:
    """Whether what is wrong with this request is that its token is missing."""
    part = case.meta.components.get(ParameterLocation.HEADER) if case.meta else None
    key = (case.headers or {}).get("Idempotency-Key")
    bad_key = key is not None and not re.fullmatch(r"[!-~]{1,80}", key)
    return part is not None and part.mode == GenerationMode.NEGATIVE and not bad_key


@schema.parametrize()
@settings(
    max_examples=20,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_route_keeps_its_promises(case: Any, token: str) -> None:
    cache.clear()
    Client.objects.all().delete()
    if isinstance(case.body, dict):
        _within_reason(case.body)
    # A second start is answered with 400, as the clients of old expect: well formed, yet refused.
    excluded = [positive_data_acceptance] if case.path.endswith("/initialize") else []
    headers = {} if _without_token(case) else {"Authorization": f"Bearer {token}"}
    case.call_and_validate(headers=headers, excluded_checks=excluded)
