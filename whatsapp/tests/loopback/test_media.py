"""Files: kept encrypted by the server, opened only by who was sent the key."""

from __future__ import annotations

import os

import pytest
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message as Content

from loopback.media import Damaged
from loopback.phones import Bubble, Customer
from whatsapp.tests.loopback.raw_client import RawClient, packed, unpacked

pytestmark = pytest.mark.loopback

IMAGE, VOICE, CONTRACT = (os.urandom(size) for size in (176_000, 9_001, 3_000_000))


@pytest.fixture
def marina(raw: RawClient) -> Customer:
    raw.server.media.failures.clear()
    return raw.server.customer("5511990010001", "Marina Duarte")


def _sent(raw: RawClient, marina: Customer, kind: str) -> str:
    """Marina sends one of the files; returns the message as the device got it."""
    server, company = raw.server, raw.company
    match kind:
        case "image":
            wa_id = server.send_image(marina, company, IMAGE, "Fachada da loja")
        case "ptt":
            wa_id = server.send_audio(marina, company, VOICE)
        case _:
            wa_id = server.send_document(marina, company, CONTRACT, "contrato.pdf")
    event = raw.until("message", id=wa_id)
    assert event["kind"] == kind
    return str(event["raw"])


@pytest.mark.parametrize(
    ("kind", "data"),
    [("image", IMAGE), ("ptt", VOICE), ("document", CONTRACT)],
    ids=["image", "voice", "document"],
)
def test_what_a_customer_sends_is_the_same_when_the_device_opens_it(
    raw: RawClient, marina: Customer, kind: str, data: bytes
) -> None:
    assert unpacked(raw.ask("download", message=_sent(raw, marina, kind))) == data


@pytest.mark.parametrize(
    ("kind", "data"), [("image", IMAGE), ("document", CONTRACT)], ids=["image", "document"]
)
def test_what_the_device_uploads_is_the_same_on_the_customers_phone(
    raw: RawClient, marina: Customer, kind: str, data: bytes
) -> None:
    done = raw.ask("upload", data=packed(data), kind=kind)
    content = Content()
    part = content.imageMessage if kind == "image" else content.documentMessage
    part.URL, part.directPath, part.fileLength = done["url"], done["path"], done["size"]
    part.mediaKey, part.fileSHA256 = unpacked(done["key"]), unpacked(done["sha"])
    part.fileEncSHA256 = unpacked(done["enc_sha"])
    message = packed(content.SerializeToString())
    wa_id = raw.ask("send", to=str(marina.lid_jid), message=message)
    bubble = raw.server.wait(lambda: marina.bubbles.get(wa_id))
    assert bubble is not None
    assert raw.server.download(bubble) == data


def test_a_file_that_is_gone_is_an_error_at_once(raw: RawClient, marina: Customer) -> None:
    message = _sent(raw, marina, "image")
    raw.server.media.failures[:] = [404]
    with pytest.raises(RuntimeError, match="404"):
        raw.ask("download", message=message)


def test_a_busy_file_server_is_asked_again(raw: RawClient, marina: Customer) -> None:
    message = _sent(raw, marina, "ptt")
    raw.server.media.failures[:] = [503]
    assert unpacked(raw.ask("download", message=message)) == VOICE


def test_a_file_that_was_tampered_with_opens_for_nobody(raw: RawClient, marina: Customer) -> None:
    message = _sent(raw, marina, "image")
    content = Content.FromString(unpacked(message))
    bubble = Bubble("x", "", 0, mine=False, raw=content.SerializeToString())
    assert raw.server.download(bubble) == IMAGE
    content.imageMessage.mediaKey = bytes(32)
    bubble.raw = content.SerializeToString()
    with pytest.raises(Damaged):
        raw.server.download(bubble)
    with pytest.raises(RuntimeError):
        raw.ask("download", message=packed(bubble.raw))


def test_the_store_gives_out_blobs_and_nothing_beside_them(raw: RawClient) -> None:
    path = raw.server.media.put(b"blob")
    assert raw.server.media.get(path) == b"blob"
    raw.server.call(raw.server.save)
    for outside in ("/v/../world.pickle", "/world.pickle", "/v/..", "/", "/v/nada?ccb=1"):
        assert raw.server.media.get(outside) is None
