from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.forms import modelform_factory
from django.test import Client as Browser
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.factories import AgentFactory
from accounts.models import AuditEntry, Role
from api.admin import WebhookAdmin
from api.events import deliver, outgoing
from api.models import DeliveryState, Event, EventType, Webhook, WebhookDelivery
from whatsapp.factories import ConversationFactory, MessageFactory
from whatsapp.models import Conversation

pytestmark = pytest.mark.django_db(transaction=True)


class Server:
    """Another system on 127.0.0.1; answers with the codes it was told, then 200."""

    def __init__(self) -> None:
        self.codes: list[int] = []
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.paths: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.paths.append(self.path)
                outer.got.append((dict(self.headers), body))
                self.send_response(outer.codes.pop(0) if outer.codes else 200)
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(b"x" * 200_000)

            def log_message(self, *args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}/hook?a=1"


@pytest.fixture
def other(settings: Any) -> Iterator[Server]:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    server = Server()
    yield server
    server.http.shutdown()


@pytest.fixture
def thread() -> Conversation:
    conversation: Conversation = ConversationFactory()
    return conversation


def _hook(url: str, **options: Any) -> Webhook:
    webhook = Webhook.objects.create(name="Painel de vendas", url=url, **options)
    deliver.run_once()
    return webhook


def _say(conversation: Conversation, text: str) -> None:
    with transaction.atomic():
        MessageFactory(conversation=conversation, body=text).announce_added()


def test_an_event_is_posted_once_and_signed(other: Server, thread: Conversation) -> None:
    webhook = _hook(other.url)
    _say(thread, "olá, é ção")
    assert deliver.run_once() == 1
    assert deliver.run_once() == 0
    headers, body = other.got[0]
    signed = f"{headers['X-Painel-Timestamp']}.".encode() + body
    digest = hmac.new(webhook.secret.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-Painel-Signature"] == f"v1={digest}"
    assert headers["X-Painel-Event"] == EventType.MESSAGE
    assert json.loads(body)["data"]["content"] == "olá, é ção"
    assert WebhookDelivery.objects.get().state == DeliveryState.DELIVERED


def test_events_keep_their_order(other: Server, thread: Conversation) -> None:
    _hook(other.url)
    for n in range(30):
        _say(thread, str(n))
    while deliver.run_once():
        pass
    assert [json.loads(body)["data"]["content"] for _, body in other.got] == [
        str(n) for n in range(30)
    ]


def test_a_webhook_gets_only_what_it_asked_for(other: Server, thread: Conversation) -> None:
    elsewhere = ConversationFactory()
    _hook(other.url, session=elsewhere.session)
    _hook(other.url, types=[EventType.QR])
    _say(thread, "não")
    assert deliver.run_once() == 0
    _say(elsewhere, "sim")
    assert deliver.run_once() == 1


def test_a_failure_is_tried_again_under_the_same_id(other: Server, thread: Conversation) -> None:
    _hook(other.url)
    other.codes = [500]
    _say(thread, "oi")
    deliver.run_once()
    waiting = WebhookDelivery.objects.get()
    assert (waiting.state, waiting.status, waiting.attempts) == (DeliveryState.WAITING, 500, 1)
    assert waiting.next_at > timezone.now() + timedelta(seconds=5)
    assert deliver.run_once() == 0
    WebhookDelivery.objects.update(next_at=timezone.now())
    assert deliver.run_once() == 1
    first, second = (headers["X-Painel-Delivery"] for headers, _ in other.got)
    assert first == second
    assert WebhookDelivery.objects.get().state == DeliveryState.DELIVERED


def test_after_a_day_it_is_given_up_and_said(other: Server, thread: Conversation) -> None:
    _hook(other.url)
    other.codes = [503]
    _say(thread, "oi")
    deliver.events.make_events()
    Webhook.objects.get().take_events()
    WebhookDelivery.objects.update(created_at=timezone.now() - timedelta(hours=24))
    deliver.run_once()
    assert WebhookDelivery.objects.get().state == DeliveryState.GIVEN_UP


def test_redirects_are_not_followed(other: Server, thread: Conversation) -> None:
    _hook(other.url)
    other.codes = [302]
    _say(thread, "oi")
    deliver.run_once()
    assert len(other.got) == 1
    assert "redirecionamentos" in WebhookDelivery.objects.get().error


def test_two_deliverers_never_take_the_same(other: Server, thread: Conversation) -> None:
    _hook(other.url)
    for n in range(60):
        _say(thread, str(n))
    webhook = Webhook.objects.get()
    deliver.events.make_events()
    webhook.take_events()

    def work() -> None:
        for _ in range(20):
            webhook.deliver(5)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    while deliver.run_once():
        pass
    said = [json.loads(body)["data"]["content"] for _, body in other.got]
    assert said == [str(n) for n in range(60)]


def test_what_fails_in_one_webhook_is_logged_and_costs_no_other(
    other: Server, thread: Conversation, caplog: pytest.LogCaptureFixture
) -> None:
    broken, _ = _hook(other.url), _hook(other.url)
    _say(thread, "oi")
    deliver.events.make_events()
    broken.take_events()
    # One more attempt than the column holds: PostgreSQL refuses it, and is not away.
    WebhookDelivery.objects.update(attempts=2**31 - 1)
    deliver.run_once()
    states = dict(WebhookDelivery.objects.values_list("webhook", "state"))
    assert states.pop(broken.pk) == DeliveryState.WAITING
    assert set(states.values()) == {DeliveryState.DELIVERED}
    assert f"webhook {broken.pk} failed" in caplog.text
    broken.refresh_from_db()
    assert broken.rests_until > timezone.now() + timedelta(seconds=30)


def test_a_round_that_fails_is_not_the_last(other: Server, thread: Conversation) -> None:
    """The loop of `manage.py webhooks` lives through what is not of one webhook, too."""
    webhook, stopping = _hook(other.url), threading.Event()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE api_webhook RENAME TO api_webhook_away")
    worker = threading.Thread(target=deliver.run, args=[stopping])
    worker.start()
    time.sleep(0.5)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE api_webhook_away RENAME TO api_webhook")
    _say(thread, "oi")
    end = time.monotonic() + 10
    while not other.got and time.monotonic() < end:
        time.sleep(0.1)
    stopping.set()
    worker.join(10)
    assert len(other.got) == 1
    assert webhook.deliveries.get().state == DeliveryState.DELIVERED


def test_a_code_to_scan_leaves_the_house_in_no_webhook(other: Server, thread: Conversation) -> None:
    _hook(other.url)
    thread.session.show_qr("2@segredo", 20)
    deliver.run_once()
    headers, body = other.got[0]
    assert headers["X-Painel-Event"] == EventType.QR
    assert set(json.loads(body)["data"]) == {"sessionId", "expiresAt"}
    stored = [event.data for event in Event.objects.all()]
    assert "2@segredo" not in str(stored) + WebhookDelivery.objects.get().body


def test_old_events_and_deliveries_go_and_waiting_ones_stay(
    other: Server, thread: Conversation
) -> None:
    _hook(other.url)
    _say(thread, "oi")
    deliver.run_once()
    _say(thread, "espera")
    deliver.events.make_events()
    Webhook.objects.get().take_events()
    old = timezone.now() - timedelta(days=8)
    Event.objects.update(at=old)
    WebhookDelivery.objects.update(created_at=old)
    deliver.prune()
    assert not Event.objects.exists()
    assert WebhookDelivery.objects.get().state == DeliveryState.WAITING


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An address that takes connections and never answers."""
    monkeypatch.setattr(outgoing, "TOTAL", 0.2)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"


def test_a_silent_address_keeps_nobody_waiting(
    other: Server, silent: str, thread: Conversation
) -> None:
    dead, _ = _hook(silent), _hook(other.url)
    for n in range(30):
        _say(thread, str(n))
    while deliver.run_once():
        pass
    assert len(other.got) == 30
    assert [one.attempts for one in dead.deliveries.order_by("pk")] == [1] + [0] * 29
    dead.refresh_from_db()
    assert dead.silences == 1
    assert dead.rests_until > timezone.now() + timedelta(seconds=5)


def test_after_a_silence_events_come_in_order(
    other: Server, silent: str, thread: Conversation
) -> None:
    webhook = _hook(silent)
    for n in range(3):
        _say(thread, str(n))
    deliver.run_once()
    Webhook.objects.update(url=other.url, rests_until=timezone.now())
    deliver.run_once()
    assert [json.loads(body)["data"]["content"] for _, body in other.got] == ["0", "1", "2"]
    webhook.refresh_from_db()
    assert webhook.silences == 0


def test_what_waits_a_day_for_a_silent_address_is_given_up(
    other: Server, silent: str, thread: Conversation
) -> None:
    webhook = _hook(silent)
    for n in range(3):
        _say(thread, str(n))
    deliver.events.make_events()
    webhook.take_events()
    WebhookDelivery.objects.update(created_at=timezone.now() - timedelta(hours=25))
    deliver.run_once()
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {DeliveryState.GIVEN_UP}


def test_who_dies_with_one_in_hand_has_it_sent_again(other: Server, thread: Conversation) -> None:
    webhook = _hook(other.url)
    _say(thread, "oi")
    deliver.events.make_events()
    webhook.take_events()
    assert webhook._hold()
    assert deliver.run_once() == 0
    Webhook.objects.update(rests_until=timezone.now())
    assert deliver.run_once() == 1


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "2001::80ff:fffe",
        "fec0::1",
        "192.0.0.8",
    ],
)
def test_inner_addresses_are_not_public(address: str) -> None:
    assert not outgoing.is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_outer_addresses_are_public(address: str) -> None:
    assert outgoing.is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://[::1]/",
        "https://localhost/",
        "https://user:secret@8.8.8.8/",
        "http://8.8.8.8/",
        "ftp://8.8.8.8/",
        "https://",
        "https://8.8.8.8:99999/",
        "nada",
    ],
)
def test_a_bad_address_is_refused_in_words(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Webhook(name="x", url=url).clean()
    assert refused.value.message_dict["url"][0].endswith(".")


def test_a_name_that_changes_its_mind_gains_nothing(
    other: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address that was checked is the one that is used: a second look-up never happens."""
    asked: list[str] = []
    port = other.http.server_port

    def resolve(host: str, *args: Any, **options: Any) -> list[Any]:
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "203.0.113.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(outgoing.socket, "getaddrinfo", resolve)
    parts, address = outgoing.check(f"http://muda.example:{port}/")
    monkeypatch.undo()
    assert address == "127.0.0.1"
    assert outgoing._connected(parts, address).getpeername()[1] == port
    assert asked == ["muda.example"]


def test_a_silent_address_is_left(settings: Any, silent: str) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with pytest.raises(outgoing.Refused, match="Sem resposta"):
        outgoing.post(silent, b"{}", {})


def test_an_answer_by_drops_is_cut(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    monkeypatch.setattr(outgoing, "TOTAL", 0.3)

    def drip(listening: socket.socket) -> None:
        line, _ = listening.accept()
        with line, suppress(OSError):
            while True:
                line.sendall(b"H")
                time.sleep(0.05)

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        threading.Thread(target=drip, args=[listening], daemon=True).start()
        start = time.monotonic()
        with pytest.raises(outgoing.Refused, match="Sem resposta"):
            outgoing.post(f"http://127.0.0.1:{listening.getsockname()[1]}/", b"{}", {})
        assert time.monotonic() - start < 5


def test_an_address_may_have_any_letters(other: Server) -> None:
    assert outgoing.post(f"{other.url}&nome=João da Silva", b"{}", {}) == 200
    assert other.paths == ["/hook?a=1&nome=Jo%C3%A3o%20da%20Silva"]


def test_only_the_checked_address_is_spoken_to_and_by_its_name(
    other: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLS asks for the certificate of the name, not of the number it was looked up as."""
    monkeypatch.setattr(outgoing, "check", lambda url: (outgoing._parts(url), "127.0.0.1"))
    port = other.http.server_port
    with pytest.raises(outgoing.Refused, match="SSL"):
        outgoing.post(f"https://painel.example:{port}/", b"{}", {})
    assert other.got == []


def test_editing_a_webhook_leaves_its_place_in_the_stream(
    other: Server, rf: RequestFactory
) -> None:
    webhook = _hook(other.url)
    Webhook.objects.update(cursor=7, silences=3, rests_until=timezone.now() + timedelta(hours=1))
    form = modelform_factory(Webhook, fields=["name"])({"name": "Outro"}, instance=webhook)
    page = WebhookAdmin(Webhook, admin.site)
    request = rf.post("/")
    request.user = AgentFactory(role=Role.ADMIN)
    page.save_model(request, form.save(commit=False), form, change=True)
    webhook.refresh_from_db()
    assert (webhook.name, webhook.cursor, webhook.silences) == ("Outro", 7, 0)


@pytest.mark.django_db
def test_only_administrators_make_webhooks(client: Browser) -> None:
    for role, code in ((Role.SUPERVISOR, 403), (Role.ADMIN, 200)):
        client.force_login(AgentFactory(role=role))
        assert client.get(reverse("admin:api_webhook_add")).status_code == code


def test_where_events_go_stands_in_the_audit(client: Browser, other: Server) -> None:
    client.force_login(AgentFactory(role=Role.ADMIN))
    url = other.url.partition("?")[0]
    sent = {"name": "Vendas", "url": url + "?key=abc", "types": "", "active": "on"}
    client.post(reverse("admin:api_webhook_add"), sent)
    webhook = Webhook.objects.get()
    page = reverse("admin:api_webhook_change", args=[webhook.pk])
    assert client.post(page, sent).status_code == 302
    changed = {"url": url + "/b", "types": "whatsapp:message", "active": ""}
    assert client.post(page, sent | changed).status_code == 302
    action = {"action": "delete_selected", "_selected_action": [webhook.pk], "post": "yes"}
    client.post(reverse("admin:api_webhook_changelist"), action)
    assert not Webhook.objects.exists()
    entries = list(AuditEntry.objects.filter(kind="webhook").order_by("pk"))
    assert [(entry.verb, entry.old, entry.new) for entry in entries] == [
        ("webhook.created", "", url),
        ("webhook.changed", f"endereço: {url}", f"endereço: {url}/b"),
        ("webhook.changed", "eventos: todos", "eventos: whatsapp:message"),
        ("webhook.changed", "ativo: Sim", "ativo: Não"),
        ("webhook.deleted", f"{url}/b", ""),
    ]
    assert {entry.label for entry in entries} == {"Vendas"}
    assert webhook.secret not in str([vars(entry) for entry in entries])


def test_the_secret_is_shown_once_and_the_log_can_send_again(
    client: Browser, other: Server, thread: Conversation
) -> None:
    client.force_login(AgentFactory(role=Role.ADMIN, is_superuser=True))
    sent = {"name": "Vendas", "url": other.url, "types": "whatsapp:message", "active": "on"}
    made = client.post(reverse("admin:api_webhook_add"), sent, follow=True)
    webhook = Webhook.objects.get()
    assert webhook.secret in made.content.decode()
    change = client.get(reverse("admin:api_webhook_change", args=[webhook.pk]))
    assert webhook.secret not in change.content.decode()
    deliver.run_once()
    _say(thread, "oi")
    deliver.run_once()
    log = client.get(reverse("admin:api_webhookdelivery_changelist"))
    assert "entregue" in log.content.decode()
    again = {"action": "send_again", "_selected_action": WebhookDelivery.objects.get().pk}
    client.post(reverse("admin:api_webhookdelivery_changelist"), again)
    deliver.run_once()
    assert len(other.got) == 2
