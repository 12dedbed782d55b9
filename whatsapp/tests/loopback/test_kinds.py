"""What is not a direct text: files are a bubble, chats with many readers never are."""

from __future__ import annotations

import pytest
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message as Content

from loopback.phones import Customer
from whatsapp.models import Arrival, ArrivalState, Contact, Conversation, Kind, Message
from whatsapp.tests.loopback.conftest import House

pytestmark = pytest.mark.loopback

GROUP, CHANNEL = "120363000000000001", "120363000000000002"


@pytest.fixture
def marina(shared: House) -> Customer:
    return shared.customer()


def _until_ignored(shared: House, count: int) -> None:
    ignored = Arrival.objects.filter(state=ArrivalState.IGNORED)
    shared.until(lambda: ignored.count() >= count)


def test_files_become_bubbles_of_their_kind_and_keep_their_bytes(
    shared: House, marina: Customer
) -> None:
    server, company = shared.server, shared.company
    sent = {
        server.send_image(marina, company, b"jpeg", "Fachada da loja"): (
            Kind.IMAGE,
            "Fachada da loja",
        ),
        server.send_audio(marina, company, b"ogg"): (Kind.VOICE, ""),
        server.send_audio(marina, company, b"mp3", voice=False): (Kind.AUDIO, ""),
        server.send_document(marina, company, b"pdf", "contrato.pdf"): (
            Kind.DOCUMENT,
            "contrato.pdf",
        ),
    }
    found = Message.objects.filter(wa_id__in=sent)
    shared.until(lambda: found.count() == len(sent))
    for message in found.select_related("arrival"):
        assert (message.kind, message.body) == sent[str(message.wa_id)]
        assert message.arrival is not None
        assert b"/v/" in bytes(message.arrival.payload)


@pytest.mark.parametrize("kind", ["group", "status", "newsletter"])
def test_a_chat_with_many_readers_opens_no_conversation(
    shared: House, marina: Customer, kind: str
) -> None:
    server, company = shared.server, shared.company
    stranger = server.customer("5511990050005", "Só de grupo")
    before = (Conversation.objects.count(), Contact.objects.count(), Message.objects.count())
    ignored = Arrival.objects.filter(state=ArrivalState.IGNORED).count()
    for n in range(3):
        match kind:
            case "group":
                server.write_in_group(stranger, company, GROUP, f"no grupo {n}")
            case "status":
                server.post_status(stranger, company, f"meu status {n}")
            case _:
                server.publish(company, CHANNEL, f"notícia {n}")
    _until_ignored(shared, ignored + 3)
    shared.until(lambda: not company.pending)
    assert before == (
        Conversation.objects.count(),
        Contact.objects.count(),
        Message.objects.count(),
    )
    assert not Arrival.objects.filter(state=ArrivalState.FAILED).exists()


def test_who_writes_in_a_group_and_then_to_us_is_heard(shared: House) -> None:
    both = shared.server.customer("5511990060006", "Nos dois")
    shared.server.write_in_group(both, shared.company, GROUP, "no grupo")
    shared.server.write(both, shared.company, "só para vocês")
    assert shared.until_message("só para vocês").conversation.contact.phone == both.number


def test_the_accounts_own_plumbing_is_nobodys_bubble(shared: House, marina: Customer) -> None:
    before = Message.objects.count()
    ignored = Arrival.objects.filter(state=ArrivalState.IGNORED).count()
    content = Content()
    content.reactionMessage.text = "👍"
    shared.server.write_message(marina, shared.company, content)
    _until_ignored(shared, ignored + 1)
    assert Message.objects.count() == before
