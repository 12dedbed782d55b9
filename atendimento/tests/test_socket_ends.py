"""Every way in which a desk's socket ends, or must not end, on a real daphne."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from django.contrib.sessions.models import Session as LoginRow
from django.db import transaction
from django.test import Client as Browser

from accounts.factories import AgentFactory, SupervisorFactory
from accounts.models import Agent, Role
from atendimento.tests.pages import Page, say
from live import announce
from live.tests.daphne import Daphne, DatabaseProxy
from whatsapp.factories import ConversationFactory, SessionFactory
from whatsapp.models import Conversation

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def web(django_db_setup: None) -> Iterator[Daphne]:
    with Daphne("atendimento.tests.noting:application") as process:
        yield process


@pytest.fixture
def conversation() -> Conversation:
    conversation: Conversation = ConversationFactory(session=SessionFactory())
    conversation.announce_changed()
    return conversation


def _page(web: Daphne, conversation: Conversation, agent: Agent | None = None) -> Page:
    page = Page(web, agent or AgentFactory(), conversation=conversation.pk)
    page.joined()
    return page


@pytest.mark.parametrize("in_one_transaction", [False, True])
def test_many_typing_notes_leave_no_deaf_socket(
    web: Daphne, conversation: Conversation, in_one_transaction: bool
) -> None:
    page = _page(web, conversation)
    others = ConversationFactory.create_batch(30, session=conversation.session)

    def type_on() -> None:
        for n in range(500):
            where = [conversation, *others][n % 31]
            announce.contact_typing(where.pk, where.session_id, ["composing", "paused"][n % 2])

    if in_one_transaction:
        with transaction.atomic():
            type_on()
    else:
        type_on()
    page.socket.until('data-live="typing"')
    say(conversation, "ainda aí?")
    page.socket.until("ainda aí?")


def test_who_is_too_slow_is_closed_and_comes_back_with_the_cursor(
    web: Daphne, conversation: Conversation
) -> None:
    page = _page(web, conversation)
    web.get("/flood")
    code, _ = page.socket.ended(5)
    assert code == 4408
    say(conversation, "entretanto")
    page.open().until("entretanto")


def test_a_stranger_is_closed_with_4401(web: Daphne) -> None:
    for headers in ({}, {"Cookie": "sessionid=nobody"}):
        assert web.connect("/ws/atendimento/", **headers).ended(5) == (4401, "")


def _log_out(agent: Agent, page: Page) -> None:
    browser = Browser()
    browser.cookies["sessionid"] = page.cookie
    assert browser.post("/sair/").status_code == 302


def _new_password(agent: Agent, page: Page) -> None:
    agent.set_password("uma senha bem nova")
    agent.save()


def _delete_the_log_in(agent: Agent, page: Page) -> None:
    LoginRow.objects.filter(session_key=page.cookie).delete()


def _flush_all_log_ins(agent: Agent, page: Page) -> None:
    LoginRow.objects.all().delete()


def _expire(agent: Agent, page: Page) -> None:
    LoginRow.objects.update(expire_date="2020-01-01T00:00Z")


def _deactivate(agent: Agent, page: Page) -> None:
    Agent.objects.filter(pk=agent.pk).update(is_active=False)


def _temporary_password(agent: Agent, page: Page) -> None:
    Agent.objects.filter(pk=agent.pk).update(must_change_password=True)


def _delete(agent: Agent, page: Page) -> None:
    agent.delete()


ENDS = (
    _log_out,
    _new_password,
    _delete_the_log_in,
    _flush_all_log_ins,
    _expire,
    _deactivate,
    _temporary_password,
    _delete,
)


@pytest.mark.parametrize("end", ENDS)
def test_a_socket_ends_with_its_log_in(
    web: Daphne, conversation: Conversation, end: Callable[[Agent, Page], None]
) -> None:
    agent = AgentFactory()
    page = _page(web, conversation, agent)
    end(agent, page)
    begun = time.monotonic()
    code, said = page.socket.ended(6)
    assert code == 4401
    assert "msg" not in said
    assert time.monotonic() - begun < 5
    say(conversation, "segredo")
    assert page.open().ended(5) == (4401, "")


def test_what_is_announced_ends_a_socket_before_the_next_message(
    web: Daphne, conversation: Conversation
) -> None:
    agent = AgentFactory()
    page = _page(web, conversation, agent)
    colleague = _page(web, conversation)
    with transaction.atomic():
        Agent.objects.filter(pk=agent.pk).update(is_active=False)
        announce.authority_changed(agent.pk)
    say(conversation, "segredo")
    code, said = page.socket.ended(2)
    assert code == 4401
    assert "segredo" not in said
    colleague.socket.until("segredo")


def test_a_number_that_is_hidden_is_taken_away(web: Daphne, conversation: Conversation) -> None:
    agent = AgentFactory()
    page, other = Page(web, agent), _page(web, conversation, agent)
    page.joined()
    conversation.session.agents.add(SupervisorFactory())
    assert f'row-gone" data-conversation="{conversation.pk}"' in page.socket.until("row-gone")
    other.socket.until('data-live="reload"')
    say(conversation, "segredo")
    announce.contact_typing(conversation.pk, conversation.session_id, "composing")
    assert "segredo" not in page.heard() + other.heard()


@pytest.mark.parametrize("shows", ["conversation", "number"])
def test_what_was_hidden_while_a_page_was_away_is_taken_away_when_it_returns(
    web: Daphne, conversation: Conversation, shows: str
) -> None:
    look = {"conversation": {"conversation": conversation.pk}}
    look["number"] = {"session": conversation.session_id}
    page = Page(web, AgentFactory(), **look[shows])
    page.joined()
    page.socket.close()
    conversation.session.agents.add(SupervisorFactory())
    page.cursor = announce.cursor()
    page.open().until('data-live="reload"')
    say(conversation, "segredo")
    assert "segredo" not in page.heard()


def test_a_page_that_sees_what_it_shows_is_not_loaded_anew(
    web: Daphne, conversation: Conversation
) -> None:
    page = _page(web, conversation)
    page.cursor = announce.cursor()
    page.socket.close()
    page.open()
    assert "reload" not in page.heard()


def test_a_supervisor_no_more_sees_what_agents_see(web: Daphne) -> None:
    hidden = ConversationFactory()
    hidden.session.agents.add(AgentFactory())
    supervisor = SupervisorFactory()
    page = _page(web, hidden, supervisor)
    Agent.objects.filter(pk=supervisor.pk).update(role=Role.AGENT)
    page.socket.until('data-live="reload"')
    say(hidden, "segredo")
    assert "segredo" not in page.heard()


@pytest.mark.parametrize("nonsense", ["[" * 200_000, "[" * 10_000, "{", "null", "[]", '"x"'])
def test_nonsense_is_passed_over(web: Daphne, conversation: Conversation, nonsense: str) -> None:
    page = Page(web, AgentFactory(), conversation=conversation.pk)
    page.socket.send(nonsense)
    say(conversation, "depois")
    page.socket.until("depois")


def test_paths_that_nobody_has_are_closed_without_a_traceback() -> None:
    with Daphne() as process:
        for path in ("/ws/zzz/", "/ws/atendimento/x/", "/", "/ws/api/"):
            assert process.connect(path).ended(5) == (4404, "")
        assert process.connect("/ws/atendimento/", Origin="https://example.com").status == 403
        assert "Traceback" not in process.stop()


def test_a_socket_that_fails_is_no_deaf_one(web: Daphne) -> None:
    broken = web.connect("/ws/broken/")
    broken.send("x")
    assert broken.ended(5) == (4503, "")


def test_a_process_that_leaves_sends_its_pages_elsewhere(
    web: Daphne, conversation: Conversation
) -> None:
    page = _page(web, conversation)
    web.get("/leave")
    assert page.socket.ended(5) == (4503, "")
    say(conversation, "entretanto")
    page.open().until("entretanto")


def test_without_the_database_pages_are_told_and_newcomers_sent_away(
    conversation: Conversation,
) -> None:
    with DatabaseProxy() as proxy, Daphne("painel.asgi:application", proxy.url) as process:
        page = _page(process, conversation)
        proxy.go_away()
        page.socket.until('data-live="outage" data-away="1"')
        again = process.connect("/ws/atendimento/", Cookie=f"sessionid={page.cookie}")
        assert again.ended(15)[0] == 4503
        page.hello(page.cursor)
        assert page.socket.ended(15)[0] == 4503
        proxy.come_back()
        say(conversation, "nada se perde")
        time.sleep(1.5)  # a process looks once a second whether PostgreSQL is back
        page.open().until("nada se perde", 10)
        assert "Traceback" not in process.stop()


def test_a_page_hears_the_heart_beat(web: Daphne, conversation: Conversation) -> None:
    page = _page(web, conversation)
    page.socket.until('<template data-live="beat"></template>', 11)


def test_who_stops_reading_is_dropped(conversation: Conversation) -> None:
    pings = ("--ping-interval", "1", "--ping-timeout", "1")
    with Daphne("painel.asgi:application", "", *pings) as process:
        page = _page(process, conversation)
        time.sleep(5)
        assert page.socket.ended(1)[0] is None


def test_all_pages_come_back_at_once(web: Daphne, conversation: Conversation) -> None:
    agents = AgentFactory.create_batch(30)
    pages = [Page(web, agent, conversation=conversation.pk) for agent in agents]
    for page in pages:
        page.socket.close()
    Agent.objects.filter(pk=agents[0].pk).update(is_active=False)
    say(conversation, "enquanto isso")
    for page in pages:
        page.open()
    assert pages[0].socket.ended(5) == (4401, "")
    for page in pages[1:]:
        page.socket.until("enquanto isso", 10)
