from __future__ import annotations

import pytest

from accounts.factories import SupervisorFactory
from whatsapp.models import Contact, Delivery, Direction, Kind, Message, Origin
from whatsapp.tests.loopback.conftest import House

pytestmark = pytest.mark.loopback


def test_own_phone_read_receipts_typing_and_hidden_numbers(paired: House) -> None:
    """One pairing, several promises, each said where it is checked."""
    server, company = paired.server, paired.company
    marina = paired.customer()
    server.write(marina, company, "Bom dia")
    received = paired.until_message("Bom dia")
    conversation = received.conversation

    # Arriving is not reading: the customer sees two grey ticks until an agent has read.
    paired.until(lambda: marina.thread[0].ticks == "delivered")
    conversation.mark_read(SupervisorFactory())
    paired.until(lambda: marina.thread[0].ticks == "read")

    # Written on the phone itself.
    server.write_on_phone(company, marina, "Respondi do celular")
    own = paired.until_message("Respondi do celular")
    assert (own.direction, own.origin) == (Direction.OUT, Origin.PHONE)
    assert own.conversation_id == conversation.pk

    # The agent's typing reaches the customer.
    from live import announce

    announce.agent_typing(conversation.pk, conversation.session_id, 1, "composing")
    paired.until(lambda: server.typing_seen.get(marina.number) == "composing")

    # A hidden number, and one that is addressed by telephone.
    hidden = server.customer("5519990070007", "Loja", hidden=True)
    server.write(hidden, company, "oculto")
    assert paired.until_message("oculto").conversation.contact.phone == ""
    by_phone = server.customer("5521990030003", "Osvaldo", addressing="pn")
    server.write(by_phone, company, "pelo telefone")
    assert paired.until_message("pelo telefone").conversation.contact.phone == by_phone.number
    assert Contact.objects.count() == 3

    # Answers reach each of them.
    for text, customer in (("oculto", hidden), ("pelo telefone", by_phone)):
        Message.objects.get(body=text).conversation.write(None, f"ok {text}", f"key-{text}")
        paired.until_message(f"ok {text}", Delivery.DELIVERED)
        assert [bubble.text for bubble in customer.inbox()] == [f"ok {text}"]


def test_damaged_message_is_a_placeholder_until_its_copy_comes(paired: House) -> None:
    marina = paired.customer()
    paired.server.write(marina, paired.company, "primeira")
    paired.until_message("primeira")
    marina.damage = 1
    wa_id = paired.server.write(marina, paired.company, "segunda")
    message = paired.until_message("segunda")
    assert message.wa_id == wa_id
    assert message.kind == Kind.TEXT
    assert Message.objects.filter(direction=Direction.IN).count() == 2


def test_offline_messages_come_once_in_order_after_a_restart(paired: House) -> None:
    marina = paired.customer()
    paired.workers[-1].terminate()
    paired.workers[-1].wait(40)
    sent = [f"m{n}" for n in range(30)]
    for text in sent:
        paired.server.write(marina, paired.company, text)
    paired.start()
    paired.until_message("m29")
    bodies = Message.objects.order_by("at", "pk").values_list("body", flat=True)
    assert list(bodies) == sent
    assert paired.conversation().unread_count == 30


def test_a_number_without_whatsapp_fails_in_words(paired: House) -> None:
    marina = paired.customer()
    paired.server.write(marina, paired.company, "oi")
    conversation = paired.until_message("oi").conversation
    conversation.chat_jid = "5511900000000@s.whatsapp.net"
    conversation.save()
    conversation.write(None, "para ninguém", "k")
    failed = paired.until_message("para ninguém", Delivery.FAILED)
    assert failed.error == "Este número não está no WhatsApp."
