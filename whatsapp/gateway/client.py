"""neonize's client as this house wants it: raw bytes, our callbacks, never collected."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Callable
from typing import Any

from whatsapp.gateway import codes
from whatsapp.gateway.store import Store

# Before connect(): at its default level every frame, with its addresses, goes through an unbounded
# queue in Python.
logging.getLogger("neonize.utils.log").setLevel(logging.WARNING)

from neonize.client import NewClient  # noqa: E402
from neonize.proto.waCompanionReg.WAWebProtobufsCompanionReg_pb2 import DeviceProps  # noqa: E402

# Clients are never collected: a collected one stops whatever runs under its name in Go.
_KEPT: list[NewClient] = []


def new_client(
    store: Store,
    name: str,
    callback: Callable[[int, int, int, int], None],
    on_qr: Callable[[str], None] | None,
    on_login: Callable[[str], None] | None,
) -> NewClient:
    """A client for the device in *store*, not connected yet.

    *callback(uuid, pointer, size, code)* gets every event; *on_qr* each code to be read, *on_login*
    what became of a pairing.
    """
    # What the phone shows under *Aparelhos conectados*, taken over at pairing.
    props = DeviceProps(os="Painel de Atendimento", platformType=DeviceProps.CHROME)
    # Without a jid: one that the store does not have ends the process. The name is a key in Go's
    # maps, so that two clients of one name would share a socket.
    client = NewClient(store.dsn, uuid=name, props=props)
    _KEPT.append(client)
    client._stop_finalizer.detach()
    # Instance attributes win over the class's: raw bytes, no parsing on this thread, no print.
    client.event.list_func = dict.fromkeys(codes.SUBSCRIBED, _nothing)
    client.event.execute = callback
    # There is no public hook: neonize's own for the status prints a pointer and tells nobody.
    private: Any = client
    private._NewClient__onQr = lambda _, text: (on_qr or _nothing)(ctypes.string_at(text).decode())
    private._NewClient__onLoginStatus = lambda _, text: (on_login or _nothing)(
        ctypes.string_at(text).decode()
    )
    return client


def _nothing(*_: object) -> None:
    return None
