"""A link that breaks at the worst moment: nothing is lost, nothing is doubled, and it says so."""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing

import pytest
from django.db import connection

from accounts.factories import SupervisorFactory
from loopback.phones import Customer
from painel.embedded import Embedded
from whatsapp.models import Conversation, Delivery, Kind, Message, State
from whatsapp.tests.loopback.conftest import House

pytestmark = pytest.mark.loopback
_numbers = itertools.count(5511980000001)


@pytest.fixture
def marina(shared: House) -> Customer:
    """A customer of this test alone, on a link that is up."""
    shared.until_state(State.ONLINE)
    number = str(next(_numbers))
    return shared.server.customer(number, f"Cliente {number[-4:]}")


@pytest.fixture
def conversation(shared: House, marina: Customer) -> Conversation:
    return shared.talk(marina)


def _texts(customer: Customer) -> list[str]:
    return [bubble.text for bubble in customer.inbox()]


def _restart(shared: House) -> None:
    shared.stop_worker()
    shared.start()
    shared.until_state(State.ONLINE)


def test_a_stream_error_heals_by_itself(shared: House, marina: Customer) -> None:
    logins = shared.company.logins
    shared.server.stream_error(shared.company, "503")
    shared.until(lambda: shared.company.logins > logins)
    shared.server.write(marina, shared.company, "depois do 503")
    shared.until_message("depois do 503")


def test_messages_wait_while_whatsapp_is_unreachable(
    shared: House, marina: Customer, conversation: Conversation
) -> None:
    shared.server.pause()
    session = shared.until_state(State.RECONNECTING)
    assert "fila" in session.words.sentence
    conversation.write(None, "sem rede", "sem-rede")
    shared.server.write(marina, shared.company, "escrito sem rede")
    shared.server.resume()
    shared.until_message("sem rede", Delivery.DELIVERED)
    shared.until_message("escrito sem rede")
    assert _texts(marina) == ["sem rede"]


def test_a_withheld_ack_holds_the_others_and_doubles_nothing(
    shared: House, marina: Customer, conversation: Conversation
) -> None:
    other = shared.server.customer(str(next(_numbers)), "Outra")
    second = shared.talk(other)
    shared.company.faults.hold_acks = 1
    conversation.write(None, "presa", "presa")
    shared.until(lambda: _texts(marina) == ["presa"])
    second.write(None, "atrás dela", "atras")
    assert Message.objects.get(body="presa").delivery == Delivery.SENDING
    assert Message.objects.get(body="atrás dela").delivery == Delivery.QUEUED
    assert shared.server.release_acks(shared.company) == 1
    shared.until_message("presa", Delivery.DELIVERED)
    shared.until_message("atrás dela", Delivery.DELIVERED)
    assert max(*marina.received.values(), *other.received.values()) == 1


@pytest.mark.parametrize("fault", ["drop_before_ack", "drop_after_delivery"])
def test_a_link_lost_before_the_ack_shows_the_message_once(
    shared: House, marina: Customer, conversation: Conversation, fault: str
) -> None:
    setattr(shared.company.faults, fault, 1)
    conversation.write(None, fault, fault)
    shared.until_message(fault, Delivery.DELIVERED)
    copies = 2 if fault == "drop_after_delivery" else 1
    shared.until(lambda: max(marina.received.values()) == copies)
    assert _texts(marina) == [fault]
    assert marina.undecryptable == 0


def test_a_refused_message_fails_in_words_and_the_next_one_goes(
    shared: House, marina: Customer, conversation: Conversation
) -> None:
    shared.company.faults.ack_error, shared.company.faults.ack_errors = "463", 1
    conversation.write(None, "conversa demais", "463")
    failed = shared.until_message("conversa demais", Delivery.FAILED)
    assert "limite de conversas novas" in failed.error
    conversation.write(None, "agora sim", "depois-463")
    shared.until_message("agora sim", Delivery.DELIVERED)
    assert _texts(marina) == ["agora sim"]


def test_a_message_that_cannot_be_addressed_lets_the_others_pass(
    shared: House, marina: Customer, conversation: Conversation
) -> None:
    other = shared.talk(shared.server.customer(str(next(_numbers)), "Outra"))
    conversation.write(None, "aparelhos conhecidos", "conhecidos")
    shared.until_message("aparelhos conhecidos", Delivery.DELIVERED)
    shared.company.faults.lookup_errors = 99
    try:
        other.write(None, "sem aparelho", "sem-aparelho")
        conversation.write(None, "atrás da parada", "atras-da-parada")
        failed = shared.until_message("sem aparelho", Delivery.FAILED)
        assert "aparelhos" in failed.error
        shared.until_message("atrás da parada", Delivery.DELIVERED)
    finally:
        shared.company.faults.lookup_errors = 0
    failed.resend(SupervisorFactory())
    shared.until_message("sem aparelho", Delivery.DELIVERED)


def test_a_receipt_cut_off_on_its_way_settles_the_message_once(
    shared: House, marina: Customer, conversation: Conversation
) -> None:
    shared.company.faults.drop_at_receipt = 1
    wa_id = shared.server.write(marina, shared.company, "recibo cortado")
    shared.until_message("recibo cortado")
    shared.until(lambda: wa_id in shared.company.settled)
    assert Message.objects.filter(wa_id=wa_id).count() == 1


def test_a_receipt_that_a_phone_owes_outlives_a_lost_link(
    shared: House, marina: Customer, conversation: Conversation
) -> None:
    conversation.write(None, "lida na queda", "queda")
    shared.until_message("lida na queda", Delivery.DELIVERED)
    server, company = shared.server, shared.company

    def read_while_it_breaks() -> None:
        server.links[company.number].socket.abort()
        server.read(marina, company)

    server.call(read_while_it_breaks)
    shared.until_message("lida na queda", Delivery.READ)
    shared.until(lambda: not company.pending)


def test_a_phone_that_lost_its_session_asks_and_reads_in_the_end(
    shared: House, marina: Customer, conversation: Conversation
) -> None:
    conversation.write(None, "primeira resposta", "s1")
    shared.until_message("primeira resposta", Delivery.DELIVERED)
    shared.server.reinstall(marina, shared.company)
    conversation.write(None, "segunda resposta", "s2")
    shared.until_message("segunda resposta", Delivery.DELIVERED)
    assert _texts(marina) == ["primeira resposta", "segunda resposta"]
    assert marina.undecryptable == 1


def test_a_worker_that_lost_its_session_gets_a_fresh_copy(
    shared: House, marina: Customer, conversation: Conversation
) -> None:
    conversation.write(None, "para firmar a sessão", "firme")
    shared.until_message("para firmar a sessão", Delivery.DELIVERED)
    shared.stop_worker()
    with closing(sqlite3.connect(shared.keys / "keys.sqlite3")) as store, store:
        store.execute("DELETE FROM whatsmeow_sessions")
    shared.start()
    shared.until_state(State.ONLINE)
    wa_id = shared.server.write(marina, shared.company, "com a sessão velha")
    assert shared.until_message("com a sessão velha").wa_id == wa_id
    conversation.write(None, "e de volta", "volta")
    shared.until_message("e de volta", Delivery.DELIVERED)
    assert _texts(marina)[-1] == "e de volta"


def test_what_a_restarted_worker_cannot_send_again_stays_a_placeholder(
    shared: House, marina: Customer, conversation: Conversation
) -> None:
    conversation.write(None, "legível", "legivel")
    shared.until_message("legível", Delivery.DELIVERED)
    marina.asks_again = False
    shared.server.reinstall(marina, shared.company)
    conversation.write(None, "ilegível", "ilegivel")
    message = shared.until_message("ilegível", Delivery.SENT)
    _restart(shared)
    shared.server.ask_again(marina, shared.company)
    shared.until(lambda: not shared.company.pending)
    assert [bubble.readable for bubble in marina.inbox()] == [True, False]
    message.refresh_from_db()
    assert message.delivery == Delivery.SENT


def test_what_a_phone_cannot_send_again_stays_a_placeholder_with_us(
    shared: House, marina: Customer, conversation: Conversation
) -> None:
    marina.damage = 1
    server, company = shared.server, shared.company

    def write_and_forget() -> str:
        wa_id = server.write(marina, company, "perdida")
        del company.written[wa_id]
        return wa_id

    wa_id = server.call(write_and_forget)
    shared.until(lambda: Message.objects.filter(wa_id=wa_id).exists())
    assert Message.objects.get(wa_id=wa_id).kind == Kind.UNDECRYPTABLE
    server.write(marina, company, "depois da perdida")
    shared.until_message("depois da perdida")


def test_an_ack_that_comes_while_the_database_is_away_is_not_forgotten(
    shared: House, marina: Customer, conversation: Conversation, database_server: Embedded
) -> None:
    shared.company.faults.hold_acks = 1
    conversation.write(None, "na queda do banco", "banco")
    shared.until(lambda: _texts(marina) == ["na queda do banco"])
    database_server.stop()
    connection.close()
    shared.server.release_acks(shared.company)
    database_server.start()
    shared.until_message("na queda do banco", Delivery.DELIVERED)
    assert _texts(marina) == ["na queda do banco"]
