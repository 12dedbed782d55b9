"""Each role at each door, near and far: what happens is what the table of rights says."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.core.cache import cache
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import Role
from accounts.rights import Can, Scope
from live.feed import FeedReader
from painel.asgi import sockets
from painel.tests.doors import DOORS, WITHOUT_DOOR, Door, Scene

CASES = [(door, distance) for door in DOORS for distance in door.distances]


@pytest.fixture(autouse=True)
def _fresh_rates() -> None:
    cache.clear()


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize(("door", "distance"), CASES, ids=[f"{d}-{s.name}" for d, s in CASES])
def test_the_door_opens_to_whom_the_table_says(door: Door, distance: Scope, role: str) -> None:
    scene = Scene(role, distance)
    allowed = scene.who.may(door.can, distance) and (scene.who.is_staff or not door.by_staff)
    status = door.request(scene)
    assert status < 500
    let_through = status < 400 and (door.done is None or door.done(scene))
    assert let_through == allowed, f"{status}; the table says {allowed}"


def test_every_right_has_a_door() -> None:
    assert {door.can for door in DOORS} | set(WITHOUT_DOOR) == set(Can)
    assert not {door.can for door in DOORS} & set(WITHOUT_DOOR)


@pytest_asyncio.fixture
async def _stop() -> AsyncIterator[None]:
    yield
    await FeedReader.stop_all()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_stop")
@pytest.mark.parametrize("distance", [Scope.VISIBLE, Scope.ALL])
@pytest.mark.parametrize("role", Role.values)
async def test_the_stream_lets_through_whom_the_table_says(role: str, distance: Scope) -> None:
    scene = await sync_to_async(Scene)(role, distance)
    slug = await sync_to_async(lambda: scene.number.slug)()
    token = str(AccessToken.for_user(scene.who))
    socket = WebsocketCommunicator(sockets, f"/ws/api/{slug}/", subprotocols=["bearer", token])
    await socket.connect()
    refused = not scene.who.may(Can.STREAM_EVENTS, distance)
    if refused:
        assert (await socket.receive_output(5))["code"] == 4404
    else:
        assert (await socket.receive_output(5))["type"] == "websocket.send"
    await socket.disconnect()
