from __future__ import annotations

from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse

from accounts.factories import AgentFactory, SupervisorFactory
from accounts.rights import TABLE, Can, Scope, scope_of


def test_the_page_in_docs_is_the_table() -> None:
    out = StringIO()
    call_command("permissoes", stdout=out)
    page = (settings.BASE_DIR / "docs" / "permissions.md").read_text("utf-8")
    assert page == out.getvalue(), "manage.py permissoes --escrever"
    for right in TABLE:
        assert f"`{right.can}`" in page


def test_every_verb_has_one_line_in_the_table() -> None:
    assert sorted(right.can for right in TABLE) == sorted(Can)


def test_a_temporary_password_leaves_one_right() -> None:
    person = SupervisorFactory.build(must_change_password=True)
    assert [can for can in Can if scope_of(person, can)] == [Can.OWN_ACCOUNT]


@pytest.mark.django_db
def test_the_rights_page_is_drawn_from_the_table(client: Browser) -> None:
    client.force_login(SupervisorFactory())
    page = client.get(reverse("rights")).content.decode()
    for right in TABLE:
        assert right.label in page
    assert "sim, menos administração" in page
    client.force_login(AgentFactory())
    assert client.get(reverse("rights")).status_code == 403


def test_wider_roles_reach_at_least_as_far() -> None:
    for right in TABLE:
        assert Scope.NONE <= right.agent <= right.supervisor <= right.admin
