"""The event stream on a real daphne: every way in which it ends, and who hears what."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from rest_framework_simplejwt.tokens import AccessToken

from accounts.factories import AgentFactory, SupervisorFactory
from accounts.models import Agent
from api.models import Event
from live import announce
from live.tests.daphne import Daphne, DatabaseProxy
from live.tests.websocket import Socket
from whatsapp.factories import ConversationFactory, MessageFactory, SessionFactory
from whatsapp.models import Conversation

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/ws/api/vendas-sp/"


@pytest.fixture(scope="module")
def web(django_db_setup: None) -> Iterator[Daphne]:
    with Daphne() as process:
        yield process


@pytest.fixture
def thread() -> Conversation:
    conversation: Conversation = ConversationFactory(session=SessionFactory(slug="vendas-sp"))
    return conversation


def _open(web: Daphne, agent: Agent, cursor: str = "") -> Socket:
    token = str(AccessToken.for_user(agent))
    path = PATH + (f"?cursor={cursor}" if cursor else "")
    return web.connect(path, Sec_WebSocket_Protocol=f"bearer, {token}")


def _listening(web: Daphne, agent: Agent) -> Socket:
    socket = _open(web, agent)
    socket.until("whatsapp:ready")
    return socket


def _say(conversation: Conversation, text: str) -> None:
    with transaction.atomic():
        MessageFactory(conversation=conversation, body=text).announce_added()


def _new_password(agent: Agent) -> None:
    agent.set_password("uma senha bem nova")
    agent.save()


def _deactivate(agent: Agent) -> None:
    Agent.objects.filter(pk=agent.pk).update(is_active=False)


def _delete(agent: Agent) -> None:
    agent.delete()


@pytest.mark.parametrize("end", [_new_password, _deactivate, _delete])
def test_a_stream_ends_with_its_token(
    web: Daphne, thread: Conversation, end: Callable[[Agent], None]
) -> None:
    agent = AgentFactory()
    socket = _listening(web, agent)
    end(agent)
    begun = time.monotonic()
    assert socket.ended(6)[0] == 4401
    assert time.monotonic() - begun < 5


def test_what_is_announced_ends_a_stream_before_the_next_event(
    web: Daphne, thread: Conversation
) -> None:
    agent = AgentFactory()
    socket = _listening(web, agent)
    with transaction.atomic():
        _deactivate(agent)
        announce.authority_changed(agent.pk)
    _say(thread, "segredo")
    assert socket.ended(2) == (4401, "")


def test_a_number_that_is_hidden_ends_its_streams(web: Daphne, thread: Conversation) -> None:
    agent, other = AgentFactory(), AgentFactory()
    hidden, stays = _listening(web, agent), _listening(web, other)
    thread.session.agents.add(other)
    assert hidden.ended(6)[0] == 4404
    _say(thread, "segredo")
    stays.until("segredo")


def test_refusals_have_a_code_that_daphne_sends(web: Daphne, thread: Conversation) -> None:
    bad = web.connect(PATH, Sec_WebSocket_Protocol="bearer, a.b.c")
    assert bad.ended(5) == (4401, "")
    token = str(AccessToken.for_user(AgentFactory()))
    lost = web.connect("/ws/api/nenhum/", Sec_WebSocket_Protocol=f"bearer, {token}")
    assert lost.ended(5) == (4404, "")


def test_nonsense_of_any_size_is_passed_over(web: Daphne, thread: Conversation) -> None:
    socket = web.connect(PATH)
    for nonsense in (
        "[" * 200_000,
        "[" * 10_000,
        "{",
        "null",
        '{"type": "auth", "token": []}'[:20],
    ):
        socket.send(nonsense)
    socket.send({"type": "auth", "token": str(AccessToken.for_user(AgentFactory()))})
    socket.until("whatsapp:ready")


def test_pairing_codes_are_for_who_may_pair_and_are_written_nowhere(
    web: Daphne, thread: Conversation
) -> None:
    agent, supervisor = AgentFactory(), SupervisorFactory()
    seen, hidden = _listening(web, supervisor), _listening(web, agent)
    number = thread.session
    number.show_qr("2@segredo", 20)
    assert json.loads(seen.until("whatsapp:qr"))["data"]["qr"] == "2@segredo"
    assert "whatsapp:qr" not in hidden.all(1)
    assert "2@segredo" not in str(list(Event.objects.values()))
    # No cursor brings a code back: who comes later asks by REST, which shows only one that stands.
    for person in (supervisor, agent):
        assert "whatsapp:qr" not in _open(web, person, "0").until("whatsapp:ready")


def test_a_silent_numbers_cursor_moves_on_with_the_beat(web: Daphne, thread: Conversation) -> None:
    socket = _listening(web, AgentFactory())
    other = ConversationFactory()
    _say(other, "de outro número")
    socket.until("whatsapp:beat", 11)
    beat = json.loads(socket.until("whatsapp:beat", 11))
    assert int(beat["cursor"]) >= Event.objects.latest("pk").pk


def test_who_comes_while_the_database_is_away_is_told_to_come_back(thread: Conversation) -> None:
    agent = AgentFactory()
    with DatabaseProxy() as proxy, Daphne("painel.asgi:application", proxy.url) as process:
        _listening(process, agent)
        proxy.go_away()
        assert _open(process, agent).ended(15) == (4503, "")
        proxy.come_back()
        time.sleep(5)
        _listening(process, agent)


def test_two_processes_tell_every_event_once_in_one_order(
    web: Daphne, thread: Conversation
) -> None:
    """A program that goes from one to the other and back, and one that stays with each."""
    agent = AgentFactory()
    with Daphne() as other:
        _every_event_once(thread, agent, (web, other))


def _every_event_once(thread: Conversation, agent: Agent, processes: tuple[Daphne, Daphne]) -> None:
    stays = [_open(process, agent, "0") for process in processes]

    def write(writer: int) -> None:
        for n in range(60):
            _say(thread, f"{writer}-{n}")
        connection.close()

    threads = [threading.Thread(target=write, args=[writer]) for writer in range(4)]
    for one in threads:
        one.start()
    wanders: list[dict[str, Any]] = []
    turn, cursor = 0, "0"
    while len(wanders) < 240:
        socket = _open(processes[turn % 2], agent, cursor)
        for _ in range(25):
            frame = json.loads(socket.read(2) or "null")
            if frame is None:
                break
            cursor = frame.get("cursor", cursor)
            wanders += [frame] if "data" in frame else []
        socket.close()
        turn += 1
    for one in threads:
        one.join()
    order = [frame["data"]["content"] for frame in wanders]
    assert len(set(order)) == len(order) == 240
    for socket in stays:
        heard: list[str] = []
        while len(heard) < 240:
            frame = json.loads(socket.read(5) or "{}")
            heard += [frame["data"]["content"]] if "data" in frame else []
        assert heard == order
