from __future__ import annotations

import asyncio
import json
import random
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from copy import copy
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.db import connection, transaction
from rest_framework_simplejwt.tokens import AccessToken

from accounts.factories import AgentFactory, SupervisorFactory
from accounts.models import Agent
from api import authentication
from api.events import consumers, stream, tokens
from api.events import make as events
from api.models import Event
from live import announce
from live.feed import FeedReader
from live.models import Change
from live.outlet import Outlet
from painel.asgi import sockets
from whatsapp.factories import ConversationFactory, MessageFactory, SessionFactory
from whatsapp.models import Conversation, State, Wanted

pytestmark = pytest.mark.django_db(transaction=True)


@pytest_asyncio.fixture(autouse=True)
async def _stop() -> AsyncIterator[None]:
    yield
    await FeedReader.stop_all()


class Program:
    """Another system: connects, remembers the last cursor, and keeps what it was told."""

    def __init__(self, agent: Any, slug: str) -> None:
        self.token, self.slug = str(AccessToken.for_user(agent)), slug
        self.cursor: str | None = None
        self.heard: list[dict[str, Any]] = []

    async def open(self, *, by_message: bool = False) -> None:
        query = f"?cursor={self.cursor}" if self.cursor is not None and not by_message else ""
        self.socket = WebsocketCommunicator(
            sockets,
            f"/ws/api/{self.slug}/{query}",
            subprotocols=[] if by_message else ["bearer", self.token],
        )
        assert (await self.socket.connect())[0]
        if by_message:
            auth = {"type": "auth", "token": self.token, "cursor": self.cursor}
            await self.socket.send_to(text_data=json.dumps(auth))

    async def read(self, seconds: float = 1) -> dict[str, Any] | None:
        try:
            frame = json.loads(await self.socket.receive_from(timeout=seconds))
        except (TimeoutError, asyncio.CancelledError):
            return None
        self.cursor = frame.get("cursor", self.cursor)
        if "data" in frame:
            self.heard.append(frame)
        return dict(frame)

    async def until(self, kind: str) -> dict[str, Any]:
        while frame := await self.read(5):
            if frame["type"] == kind:
                return frame
        raise AssertionError(f"no {kind}")

    async def close(self) -> None:
        # A read in vain has cancelled the consumer: the tester's way.
        with suppress(asyncio.CancelledError):
            await self.socket.disconnect()


@pytest.fixture
def thread() -> Conversation:
    conversation: Conversation = ConversationFactory(session=SessionFactory(slug="vendas-sp"))
    return conversation


def _say(conversation: Conversation, text: str, pause: float = 0) -> None:
    with transaction.atomic():
        MessageFactory(conversation=conversation, body=text).announce_added()
        if pause:
            threading.Event().wait(pause)


def _write(conversation: Conversation, writer: int, messages: int) -> None:
    for n in range(messages):
        _say(conversation, f"{writer}-{n}", random.random() * 0.01)
    connection.close()


async def test_every_event_once_in_order_over_cut_sockets(thread: Conversation) -> None:
    program = Program(await sync_to_async(AgentFactory)(), "vendas-sp")
    program.cursor = "0"
    writers = [asyncio.to_thread(_write, thread, writer, 250) for writer in range(4)]
    work = asyncio.gather(*writers)
    cuts = 0
    while len(program.heard) < 1000:
        await program.open()
        for _ in range(random.randrange(20, 45)):
            if await program.read(1) is None:
                break
        if cuts < 20:
            await program.close()
            cuts += 1
    await work
    assert cuts == 20
    cursors = [int(frame["cursor"]) for frame in program.heard]
    assert cursors == sorted(set(cursors))
    texts = [frame["data"]["content"] for frame in program.heard]
    assert len(texts) == len(set(texts)) == 1000
    for writer in range(4):
        mine = [text for text in texts if text.startswith(f"{writer}-")]
        assert mine == [f"{writer}-{n}" for n in range(250)]


async def test_a_slow_commit_is_not_lost(thread: Conversation) -> None:
    """A change that took its id first and became visible last."""
    begun, finish = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            MessageFactory(conversation=thread, body="devagar").announce_added()
            begun.set()
            finish.wait(5)
        connection.close()

    program = Program(await sync_to_async(AgentFactory)(), "vendas-sp")
    await program.open()
    await program.until("whatsapp:ready")
    late = asyncio.create_task(asyncio.to_thread(slow))
    await asyncio.to_thread(begun.wait, 5)
    await sync_to_async(_say)(thread, "depressa")
    assert (await program.until("whatsapp:message"))["data"]["content"] == "depressa"
    finish.set()
    assert (await program.until("whatsapp:message"))["data"]["content"] == "devagar"
    await late


async def test_a_numbers_states_are_told(thread: Conversation) -> None:
    program = Program(await sync_to_async(SupervisorFactory)(), "vendas-sp")
    await program.open(by_message=True)
    await program.until("whatsapp:ready")
    number = thread.session
    await sync_to_async(number.show_qr)("2@abc", 20)
    qr = await program.until("whatsapp:qr")
    assert qr["data"]["qr"] == "2@abc"
    await sync_to_async(number.enter)(State.ONLINE)
    assert (await program.until("whatsapp:connected"))["data"]["phoneNumber"] == number.phone
    await sync_to_async(number.enter)(State.LOGGED_OUT)
    assert (await program.until("whatsapp:disconnected"))["data"]["reason"] == "logged_out"


async def test_a_code_to_scan_is_told_live_and_to_supervisors_only(thread: Conversation) -> None:
    number = thread.session
    agent = Program(await sync_to_async(AgentFactory)(), "vendas-sp")
    supervisor = Program(await sync_to_async(SupervisorFactory)(), "vendas-sp")
    for program in (agent, supervisor):
        await program.open()
        await program.until("whatsapp:ready")
    await sync_to_async(number.show_qr)("2@abc", 20)
    assert (await supervisor.until("whatsapp:qr"))["data"]["qr"] == "2@abc"
    await sync_to_async(_say)(thread, "oi")
    await agent.until("whatsapp:message")
    assert [frame["type"] for frame in agent.heard] == ["whatsapp:message"]


async def test_a_code_to_scan_is_never_replayed(thread: Conversation) -> None:
    number = thread.session
    await sync_to_async(number.show_qr)("2@abc", 20)
    await sync_to_async(events.make_events)()
    stored = [event.data async for event in Event.objects.filter(type="whatsapp:qr")]
    assert [set(data) for data in stored] == [{"sessionId", "expiresAt"}]
    program = Program(await sync_to_async(SupervisorFactory)(), "vendas-sp")
    program.cursor = "0"
    await program.open()
    await program.until("whatsapp:ready")
    assert program.heard == []


async def test_a_program_that_left_is_let_in_no_more(thread: Conversation) -> None:
    agent = await sync_to_async(AgentFactory)()
    program = Program(agent, "vendas-sp")
    refresh = await sync_to_async(authentication.begin_login)(agent)
    program.token = str(refresh.access_token)
    await program.open()
    await program.until("whatsapp:ready")
    await program.close()
    await sync_to_async(_leave)(str(refresh))
    await program.open()
    assert (await program.socket.receive_output(5))["code"] == 4401


def _leave(refresh: str) -> None:
    with transaction.atomic():
        authentication.end_login(refresh)


async def test_a_number_that_is_begun_was_not_cut_off(thread: Conversation) -> None:
    number = await sync_to_async(SessionFactory)(slug="nova", state=State.NEW, wanted=Wanted.OFF)
    boss = await sync_to_async(SupervisorFactory)()
    program = Program(boss, "nova")
    await program.open()
    await program.until("whatsapp:ready")
    await sync_to_async(number.begin)(boss)
    await sync_to_async(number.show_qr)("2@abc", 20)
    first = await program.read(5)
    assert first is not None
    assert first["type"] == "whatsapp:qr"
    await sync_to_async(number.enter)(State.NEW)
    assert (await program.until("whatsapp:disconnected"))["data"]["reason"] == "new"


async def test_a_forgotten_cursor_is_told_to_read_again(thread: Conversation) -> None:
    await sync_to_async(_say)(thread, "um")
    program = Program(await sync_to_async(AgentFactory)(), "vendas-sp")
    program.cursor = str(10**9)
    await program.open()
    first = await program.read(5)
    assert first is not None
    assert first["type"] == "whatsapp:reset"
    assert int((await program.until("whatsapp:ready"))["cursor"]) < 10**9


@pytest.mark.parametrize("cursor", ["ontem", "-5", "9" * 30])
async def test_a_cursor_that_makes_no_sense_loses_nothing_in_silence(
    thread: Conversation, cursor: str
) -> None:
    program = Program(await sync_to_async(AgentFactory)(), "vendas-sp")
    for by_message in (False, True):
        program.cursor = cursor
        await program.open(by_message=by_message)
        first = await program.read(5)
        assert first is not None
        assert first["type"] == "whatsapp:reset"
        await program.close()


async def test_a_cursor_in_the_address_counts_for_a_token_in_a_message(
    thread: Conversation,
) -> None:
    agent = await sync_to_async(AgentFactory)()
    await sync_to_async(_say)(thread, "um")
    address = "/ws/api/vendas-sp/?cursor=0"
    socket = WebsocketCommunicator(sockets, address)
    await socket.connect()
    auth = {"type": "auth", "token": str(AccessToken.for_user(agent))}
    await socket.send_to(text_data=json.dumps(auth))
    assert json.loads(await socket.receive_from(5))["data"]["content"] == "um"


async def test_what_is_pruned_during_a_replay_is_noticed(thread: Conversation) -> None:
    for text in ("um", "dois", "três"):
        await sync_to_async(_say)(thread, text)
    await sync_to_async(events.make_events)()
    cursors = [event.pk async for event in Event.objects.order_by("pk")]
    await sync_to_async(Event.objects.filter(pk__lte=cursors[1]).delete)()
    assert await sync_to_async(stream._kept)(thread.session_id, cursors[0]) is None
    assert await sync_to_async(stream._kept)(thread.session_id, cursors[1])


class Slow:
    """A socket that takes a frame now and then."""

    def __init__(self) -> None:
        self.heard, self.code = 0, 0

    async def send(self, frame: str) -> None:
        self.heard += 1
        await asyncio.sleep(0.02)

    async def close(self, code: int) -> None:
        self.code = code


async def test_a_log_in_that_ends_in_the_midst_of_a_replay_ends_it(thread: Conversation) -> None:
    many = 600
    missed = Event(session_id=thread.session_id, type="whatsapp:conversation", data={})
    await sync_to_async(Event.objects.bulk_create)([copy(missed) for _ in range(many)])
    agent = await sync_to_async(AgentFactory)()
    token = await sync_to_async(tokens.read)(str(AccessToken.for_user(agent)))
    assert token is not None
    slow, reader = Slow(), stream.Stream.of_this_loop()
    subscriber = stream.Subscriber(token, agent, thread.session_id, Outlet(slow, 5))
    joining = asyncio.create_task(reader.join(subscriber, 0))
    while not slow.heard:
        await asyncio.sleep(0.01)
    await sync_to_async(Agent.objects.filter(pk=agent.pk).update)(is_active=False)
    await sync_to_async(announce.authority_changed)(agent.pk)
    await asyncio.wait_for(joining, 10)
    reader.leave(subscriber)
    assert slow.code == 4401
    assert slow.heard < many


async def test_many_events_at_once_cut_nobody_who_reads(thread: Conversation) -> None:
    program = Program(await sync_to_async(AgentFactory)(), "vendas-sp")
    await program.open()
    await program.until("whatsapp:ready")
    many = stream.QUEUE + 500
    facts = Change(kind="conversation_changed", session_id=thread.session_id)
    facts.conversation_id = thread.pk
    await sync_to_async(announce.announce)([facts] * many)
    while len(program.heard) < many:
        assert await program.read(10)


async def test_who_comes_after_a_silence_waits_for_nobody_elses_events(
    thread: Conversation,
) -> None:
    """What happened while nobody listened is not read again for the first who does."""
    agent = await sync_to_async(AgentFactory)()
    for text in ("antes", "ninguém ouve"):
        program = Program(agent, "vendas-sp")
        await program.open()
        first = await program.read(5)
        assert first is not None
        assert first["type"] == "whatsapp:ready"
        await program.close()
        await sync_to_async(_say)(thread, text)
    program = Program(agent, "vendas-sp")
    await program.open()
    await program.until("whatsapp:ready")
    await sync_to_async(_say)(thread, "agora")
    heard = await program.until("whatsapp:message")
    assert heard["data"]["content"] == "agora"


@pytest.mark.parametrize("said", ["[" * 100_000, "{", "[]", '"auth"', "null"])
async def test_nonsense_before_the_token_is_passed_over(thread: Conversation, said: str) -> None:
    socket = WebsocketCommunicator(sockets, "/ws/api/vendas-sp/")
    await socket.connect()
    await socket.send_to(text_data=said)
    agent = await sync_to_async(AgentFactory)()
    auth = {"type": "auth", "token": str(AccessToken.for_user(agent))}
    await socket.send_to(text_data=json.dumps(auth))
    assert json.loads(await socket.receive_from(5))["type"] == "whatsapp:ready"


@pytest.mark.parametrize("token", ["", "nada", "a.b.c"])
async def test_a_bad_token_is_4401(token: str) -> None:
    socket = WebsocketCommunicator(sockets, "/ws/api/vendas-sp/", subprotocols=["bearer", token])
    await socket.connect()
    assert (await socket.receive_output(5))["code"] == 4401


async def test_silence_is_4401(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "PATIENCE", 0.1)
    socket = WebsocketCommunicator(sockets, "/ws/api/vendas-sp/")
    await socket.connect()
    assert (await socket.receive_output(5))["code"] == 4401


async def test_an_invisible_number_is_4404(thread: Conversation) -> None:
    await sync_to_async(thread.session.agents.add)(await sync_to_async(AgentFactory)())
    program = Program(await sync_to_async(AgentFactory)(), "vendas-sp")
    await program.open()
    assert (await program.socket.receive_output(5))["code"] == 4404


def test_untold_changes_are_found_by_their_own_index(thread: Conversation) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        assert (
            "change_without_event" in Change.objects.without_event().order_by("pk")[:500].explain()
        )
        cursor.execute("SET LOCAL enable_sort = off")
        assert "event_stream" in Event.objects.of(thread.session_id, 5)[:500].explain()
