"""What WhatsApp says when it does not want a number, and what people read then."""

from __future__ import annotations

import pytest

from loopback.phones import Company
from whatsapp.models import Session, State, Wanted
from whatsapp.tests.loopback.conftest import House, copy_keys

pytestmark = pytest.mark.loopback


@pytest.fixture
def number(shared: House, muted: Company) -> House:
    """The shared number online, whatever befell it in the test before."""
    shared.company.faults.refuse = None
    if shared.now().state != State.ONLINE:
        shared.now().want(Wanted.OFF)
        shared.until(lambda: not shared.now().owned)
        copy_keys(shared.keepsake / "keys", shared.keys)
        # Somebody who asks for it does not wait for a patience that grows with each refusal.
        shared.now().want(Wanted.ON)
        shared.until_state(State.ONLINE)
    return shared


@pytest.fixture(scope="module")
def muted(shared: House) -> Company:
    """A second number, whose keepalives get no answer from the module's first test on: half a
    minute passes before its device believes it."""
    company = shared.server.company("5511944440000", "Mudo")
    session = Session.objects.create(slug="mudo", name="Mudo")
    session.want(Wanted.PAIR)
    code = shared.until(lambda: Session.objects.get(slug="mudo").qr, 20)
    shared.server.scan(company, code)
    shared.until(lambda: _mute().state == State.ONLINE, 30)
    company.faults.mute_keepalive = True
    return company


def _mute() -> Session:
    return Session.objects.get(slug="mudo")


def _refuse(number: House, refusal: dict[str, str]) -> None:
    number.company.faults.refuse = refusal
    number.server.drop(number.company)


def _told(session: Session) -> None:
    """Whatever the state: since when, a sentence, and somebody is asked to act."""
    assert session.words.sentence
    assert session.words.next_step
    assert session.needs_a_hand
    assert session.state_since is not None


@pytest.mark.parametrize(
    ("reason", "detail"), [("401", "401"), ("403", "não existe mais"), ("406", "banida")]
)
def test_an_ended_link_says_why_and_waits_for_a_person(
    number: House, reason: str, detail: str
) -> None:
    _refuse(number, {"reason": reason})
    session = number.until_state(State.LOGGED_OUT)
    assert detail in session.state_detail
    assert session.retry_at is None
    assert not session.may_start
    _told(session)


def test_a_removed_device_says_so(number: House) -> None:
    companion = number.company.companion
    number.server.unlink_on_phone(number.company)
    session = number.until_state(State.LOGGED_OUT)
    number.company.companion = companion
    assert session.state_detail == "O aparelho foi removido no celular."
    _told(session)


@pytest.mark.parametrize(
    ("refusal", "state"),
    [
        ({"reason": "402", "code": "101", "expire": "3600"}, State.BANNED),
        ({"reason": "402", "code": "999", "expire": "3600"}, State.BANNED),
        ({"reason": "405"}, State.OUTDATED),
        ({"reason": "400"}, State.FAILED),
        ({"reason": "409"}, State.FAILED),
        ({"reason": "404"}, State.FAILED),
        ({"reason": "415"}, State.FAILED),
        ({"reason": "418"}, State.FAILED),
    ],
    ids=lambda value: value["reason"] + value.get("code", "") if isinstance(value, dict) else None,
)
def test_a_refusal_is_tried_again_later_by_itself(
    number: House, refusal: dict[str, str], state: State
) -> None:
    _refuse(number, refusal)
    session = number.until_state(state)
    _told(session)
    assert session.retry_at is not None
    assert not session.may_start
    assert "proto" not in session.state_detail
    assert session.state_detail or state == State.OUTDATED


def test_the_same_keys_elsewhere_end_this_link(number: House) -> None:
    number.server.replace_elsewhere(number.company)
    session = number.until_state(State.REPLACED)
    _told(session)
    assert session.retry_at is None


@pytest.mark.parametrize("reason", ["500", "503"])
def test_a_busy_server_is_tried_again_until_it_answers(number: House, reason: str) -> None:
    logins = number.company.logins
    _refuse(number, {"reason": reason})
    session = number.until_state(State.RECONNECTING)
    assert session.words.sentence
    assert not session.needs_a_hand
    number.company.faults.refuse = None
    number.until_state(State.ONLINE)
    assert number.company.logins == logins + 1
    number.server.write(number.customer(), number.company, f"depois de {reason}")
    number.until_message(f"depois de {reason}")


def test_a_passkey_is_asked_for_in_words(number: House) -> None:
    session = Session.objects.create(slug="passkey", name="Com passkey")
    company = number.server.company("5511933330000", "Com passkey")
    company.faults.passkey = True
    session.want(Wanted.PAIR)

    def now() -> Session:
        return Session.objects.get(slug="passkey")

    number.server.scan(company, number.until(lambda: now().qr, 20))
    number.until(lambda: now().state == State.PASSKEY)
    try:
        assert "passkey" in now().words.sentence
        assert now().words.next_step
        assert not now().qr
        assert now().wanted == Wanted.OFF
    finally:
        session.delete()


def test_unanswered_keepalives_are_a_broken_link(number: House, muted: Company) -> None:
    number.until(lambda: _mute().state == State.RECONNECTING, 60)
    assert _mute().words.sentence
    assert not _mute().needs_a_hand
    muted.faults.mute_keepalive = False
    number.server.drop(muted)
    number.until(lambda: _mute().state == State.ONLINE)
