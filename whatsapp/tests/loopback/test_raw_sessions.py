"""Two phones between themselves, and what a world of yesterday is worth today."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message

from loopback import ratchet
from loopback.phones import Company, Customer, World


@pytest.fixture
def ana() -> Customer:
    return Customer("5511990010001", "1", "Ana")


@pytest.fixture
def bob() -> Customer:
    return Customer("5511990020002", "2", "Bob")


def _greet(sender: Customer, reader: Customer, text: str) -> None:
    """*sender* begins a session with *reader*, who answers with it from then on."""
    session = ratchet.begin(sender.identity, sender.registration, reader.bundle())
    sender.begin(reader.lid_jid, session)
    assert _send(sender, reader, text) == text


def _seal(sender: Customer, reader: Customer, text: str) -> tuple[str, bytes]:
    plain = Message(conversation=text).SerializeToString()
    return sender.sessions[str(reader.lid_jid)].encrypt(plain)


def _send(sender: Customer, reader: Customer, text: str) -> str:
    return str(reader.decrypt(sender.lid_jid, *_seal(sender, reader, text)).conversation)


def test_an_answer_in_flight_opens_with_the_archived_session(ana: Customer, bob: Customer) -> None:
    _greet(ana, bob, "oi")
    in_flight = _seal(bob, ana, "em voo")
    _greet(ana, bob, "de novo")
    assert ana.decrypt(bob.lid_jid, *in_flight).conversation == "em voo"
    assert _send(ana, bob, "e ainda escrevo") == "e ainda escrevo"
    assert _send(bob, ana, "e ele também") == "e ele também"


def test_both_may_begin_at_once(ana: Customer, bob: Customer) -> None:
    for sender, reader in ((ana, bob), (bob, ana)):
        session = ratchet.begin(sender.identity, sender.registration, reader.bundle())
        sender.begin(reader.lid_jid, session)
    crossed = _seal(ana, bob, "de ana"), _seal(bob, ana, "de bob")
    assert bob.decrypt(ana.lid_jid, *crossed[0]).conversation == "de ana"
    assert ana.decrypt(bob.lid_jid, *crossed[1]).conversation == "de bob"
    for n in range(3):
        assert _send(ana, bob, f"a{n}") == f"a{n}"
        assert _send(bob, ana, f"b{n}") == f"b{n}"


def test_damaged_bytes_move_nothing(ana: Customer, bob: Customer) -> None:
    _greet(ana, bob, "oi")
    _send(bob, ana, "olá")
    kind, data = _seal(ana, bob, "inteira")
    before = asdict(bob.sessions[str(ana.lid_jid)])
    for damaged in (data[:-9] + bytes(9), data[:20], b"", bytes(40)):
        with pytest.raises(ratchet.NotDecryptable):
            bob.decrypt(ana.lid_jid, kind, damaged)
    assert asdict(bob.sessions[str(ana.lid_jid)]) == before
    assert bob.decrypt(ana.lid_jid, kind, data).conversation == "inteira"


def test_a_world_kept_by_an_older_version_opens() -> None:
    company = Company.__new__(Company)
    company.__setstate__({"number": "5511911110000", "lid": "1", "name": "Vendas"})
    customer = Customer.__new__(Customer)
    customer.__setstate__({"number": "5511990010001", "lid": "2", "name": "Ana", "thread": []})
    world = World.__new__(World)
    people = {"companies": {company.number: company}, "customers": {customer.number: customer}}
    world.__setstate__(people)
    assert world.by_jid(customer.lid_jid) is customer
    assert not company.faults.passkey
    assert company.app_state.set_push_name("Vendas") == 1
