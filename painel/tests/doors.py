"""The doors of the house, one line each: which right they ask, and a real request through them.

`test_rights_at_every_door` walks each of them with each role and each distance. A new door is a new
line of DOORS; a right without a door belongs into WITHOUT_DOOR, with its reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import uuid4

from django.test import Client as Browser
from django.urls import reverse
from rest_framework_simplejwt.tokens import RefreshToken

from accounts.factories import AgentFactory
from accounts.models import Role
from accounts.rights import Can, Scope
from api.models import Webhook
from clients import phone
from clients.models import SalesStage
from whatsapp.factories import (
    ClientFactory,
    ConversationFactory,
    OutgoingMessageFactory,
    SessionFactory,
)
from whatsapp.gateway import codes
from whatsapp.models import (
    AddressKind,
    Arrival,
    ArrivalState,
    ContactAddress,
    Conversation,
    Delivery,
    Message,
    Outcome,
    Session,
    Status,
)

OWN, FREE, VISIBLE, ALL = Scope.OWN, Scope.FREE, Scope.VISIBLE, Scope.ALL
JSON = "application/json"


class Scene:
    """Somebody with a *role*, and things that are so far away from him."""

    def __init__(self, role: str, distance: Scope) -> None:
        self.distance = distance
        self.who: Any = AgentFactory(role=role)
        self.colleague: Any = AgentFactory()

    @cached_property
    def page(self) -> Browser:
        browser = Browser()
        browser.force_login(self.who)
        return browser

    @cached_property
    def api(self) -> Browser:
        token = RefreshToken.for_user(self.who).access_token
        return Browser(headers={"Authorization": f"Bearer {token}"})

    @cached_property
    def number(self) -> Session:
        number: Session = SessionFactory()
        if self.distance == ALL:
            number.agents.add(self.colleague)
        return number

    def conversation(self, status: Status | None = None) -> Conversation:
        """In whose hands the distance says; open, unless *status* is closed."""
        holders = {OWN: self.who, FREE: None, VISIBLE: self.colleague, ALL: self.colleague}
        holder = holders[self.distance]
        made: Conversation = ConversationFactory(session=self.number)
        made.attendances.update(agent=holder)
        status = status or (Status.ACTIVE if holder else Status.PENDING)
        if status == Status.CLOSED:
            made.attendances.update(finished_at=made.last_message_at, outcome=Outcome.SOLD)
        Conversation.objects.filter(pk=made.pk).update(status=status, assigned_to=holder)
        ContactAddress.objects.create(
            contact=made.contact,
            kind=AddressKind.PHONE,
            key=phone.match_key(made.contact.phone),
            value=made.contact.phone,
        )
        made.refresh_from_db()
        return made

    @cached_property
    def client(self) -> Any:
        """A client on file: the agent's own, one of his numbers, or of hidden ones only."""
        client = ClientFactory(responsible=self.who if self.distance == OWN else None)
        ConversationFactory(session=self.number, contact__client=client)
        return client

    @cached_property
    def person(self) -> Any:
        """Somebody whom a supervisor manages, or (ALL) an administrator beside another one."""
        AgentFactory(role=Role.ADMIN)
        return AgentFactory(role=Role.ADMIN if self.distance == ALL else Role.AGENT)

    def post(self, route: str, pk: int | None = None, **sent: Any) -> int:
        url = reverse(route, args=[pk] if pk else [])
        return self.page.post(url, sent).status_code

    def get(self, route: str, pk: int | None = None) -> int:
        return self.page.get(reverse(route, args=[pk] if pk else [])).status_code

    def put(self, conversation: Conversation, what: str, **sent: Any) -> int:
        phone = conversation.contact.phone
        url = f"/api/whatsapp/{self.number.slug}/conversation/{phone}/{what}"
        return self.api.put(url, sent, JSON).status_code

    def admin(self, page: str, action: str = "", row: Any = None) -> int:
        """The list of a model; with *action* that action for *row*."""
        url = reverse(f"admin:{page}_changelist")
        if not action:
            return self.page.get(url, follow=True).status_code
        form = {"action": action, "_selected_action": [row.pk]}
        # A refusal is a redirect to the log-in, which answers 403 to who is logged in.
        return self.page.post(url, form, follow=True).status_code


Request = Callable[[Scene], int]


@dataclass(frozen=True)
class Door:
    """*request* goes through it and returns the HTTP status; below 400 it was let through.

    `by_staff`: only who may enter the admin at all is asked for the right. `done`: asked after the
    request when the door answers alike whether it acted or not (the admin's actions).
    """

    can: Can
    name: str
    distances: tuple[Scope, ...]
    request: Request
    by_staff: bool = False
    done: Callable[[Scene], bool] | None = None

    def __str__(self) -> str:
        return f"{self.can}-{self.name}"


def _send(scene: Scene, phone: str) -> int:
    url = f"/api/whatsapp/{scene.number.slug}/send/{phone}"
    return scene.api.post(url, {"text": "Bom dia"}, JSON).status_code


def _thread(scene: Scene) -> int:
    phone = scene.conversation().contact.phone
    return scene.api.get(f"/api/whatsapp/{scene.number.slug}/messages/{phone}").status_code


def _write(scene: Scene) -> int:
    return scene.post("write", scene.conversation().pk, texto="Oi", chave=str(uuid4()))


def _transfer(scene: Scene) -> int:
    target: Any = AgentFactory()
    if scene.distance == ALL:
        scene.number.agents.add(target)
    return scene.post("transfer", scene.conversation().pk, para=str(target.pk))


def _take_over(scene: Scene) -> int:
    return scene.post("claim", scene.conversation().pk, no_lugar_de=scene.colleague.pk)


def _finish(scene: Scene) -> int:
    return scene.post("finish", scene.conversation().pk, motivo=Outcome.SOLD.value)


def _failed_message(scene: Scene) -> Message:
    failed = {"delivery": Delivery.FAILED, "author": scene.colleague}
    message: Message = OutgoingMessageFactory(conversation=scene.conversation(), **failed)
    return message


def _released(scene: Scene) -> int:
    return scene.put(scene.conversation(), "status", status="pending")


def _finished(scene: Scene) -> int:
    return scene.put(scene.conversation(), "status", status="closed", outcome=Outcome.SOLD.value)


def _closed(scene: Scene) -> Conversation:
    return scene.conversation(Status.CLOSED)


def _card(scene: Scene, name: str, **sent: str) -> int:
    conversation = Conversation.objects.get(contact__client=scene.client)
    kwargs = {"pk": conversation.pk} | ({"name": "email"} if name == "client_fact" else {})
    return scene.page.post(reverse(name, kwargs=kwargs), sent).status_code


def _link(scene: Scene) -> int:
    """Tie a contact of the number to a client who is known already."""
    known: Any = ClientFactory(cnpj="11222333000181", responsible=scene.who)
    sent = {"name": "Padaria", "cnpj": "11222333000181", "vincular": str(known.pk)}
    return scene.post("client_edit", scene.conversation().pk, **sent)


def _register(scene: Scene) -> int:
    sent = {"name": "Padaria Nova", "cnpj": "11222333000181"}
    return scene.post("client_edit", scene.conversation().pk, **sent)


def _client_api(scene: Scene, method: str, **sent: Any) -> int:
    call = getattr(scene.api, method)
    url = f"/api/clients/{scene.client.pk}/"
    return int((call(url, sent, JSON) if sent else call(url)).status_code)


def _new_client(scene: Scene) -> int:
    return scene.api.post("/api/clients/", {"name": "Mercado"}, JSON).status_code


def _delete_client(scene: Scene) -> int:
    client: Any = ClientFactory()
    url = reverse("admin:clients_client_delete", args=[client.pk])
    return scene.page.post(url, {"post": "yes"}, follow=True).status_code


def _rerun(scene: Scene) -> int:
    arrival = Arrival.objects.create(
        session=scene.number,
        spool=uuid4(),
        seq=1,
        code=codes.MESSAGE,
        payload=b"",
        state=ArrivalState.FAILED,
    )
    return scene.admin("whatsapp_arrival", "run_again", arrival)


def _number(scene: Scene, what: str) -> int:
    return scene.api.post(f"/api/whatsapp/{scene.number.slug}/{what}").status_code


def _admin_list(can: Can, page: str) -> Door:
    return Door(can, f"admin-{page}", (ALL,), lambda scene: scene.admin(page), by_staff=True)


def _delete_webhook(scene: Scene) -> int:
    hook = Webhook.objects.create(name="CRM", url="https://crm.example/eventos")
    url = reverse("admin:api_webhook_delete", args=[hook.pk])
    return scene.page.post(url, {"post": "yes"}, follow=True).status_code


def _deactivated(scene: Scene) -> int:
    """The admin's action says for each person what it may not: the person tells."""
    return scene.admin("accounts_agent", "deactivate", scene.person)


def _is_out(scene: Scene) -> bool:
    scene.person.refresh_from_db()
    return not scene.person.is_active


_ANY = (OWN, FREE, VISIBLE, ALL)
_PAGES = (
    Door(Can.SEE_CONVERSATION, "page", _ANY, lambda s: s.get("conversation", s.conversation().pk)),
    Door(Can.SEE_CONVERSATION, "pane", _ANY, lambda s: s.get("chat_state", s.conversation().pk)),
    Door(Can.CLAIM, "page", (FREE,), lambda s: s.post("claim", s.conversation().pk)),
    Door(Can.TAKE_OVER, "page", (VISIBLE, ALL), _take_over),
    Door(Can.TRANSFER, "page", _ANY, _transfer),
    Door(Can.FINISH, "page", _ANY, _finish),
    Door(Can.REOPEN, "page", (FREE, VISIBLE, ALL), lambda s: s.post("reopen", _closed(s).pk)),
    Door(Can.WRITE, "page", _ANY, _write),
    Door(Can.MARK_READ, "page", _ANY, lambda s: s.post("read", s.conversation().pk)),
    Door(Can.MARK_UNREAD, "page", _ANY, lambda s: s.post("unread", s.conversation().pk)),
    Door(Can.RESEND, "resend", _ANY, lambda s: s.post("resend", _failed_message(s).pk)),
    Door(Can.RESEND, "discard", _ANY, lambda s: s.post("discard", _failed_message(s).pk)),
    Door(Can.SEE_CLIENT, "page", (OWN, VISIBLE), lambda s: _card(s, "client_stage")),
    Door(
        Can.EDIT_CLIENT,
        "fact",
        (OWN, VISIBLE),
        lambda s: _card(s, "client_fact", email="a@b.example"),
    ),
    Door(
        Can.EDIT_CLIENT,
        "stage",
        (OWN, VISIBLE),
        lambda s: _card(s, "client_stage", etapa=SalesStage.PROPOSAL.value),
    ),
    Door(Can.CREATE_CLIENT, "page", (FREE, VISIBLE), _register),
    Door(Can.LINK_CONTACT, "page", (FREE, VISIBLE), _link),
    Door(Can.SEE_NUMBER, "page", (VISIBLE,), lambda s: s.get("desk")),
    Door(Can.CONNECT_NUMBER, "list", (VISIBLE, ALL), lambda s: s.get("numbers")),
    Door(Can.CONNECT_NUMBER, "off", (VISIBLE, ALL), lambda s: s.post("number_off", s.number.pk)),
    Door(Can.CONNECT_NUMBER, "add", (VISIBLE,), lambda s: s.post("number_add", name="Vendas")),
    Door(Can.OWN_ACCOUNT, "page", (OWN,), lambda s: s.get("account")),
    Door(Can.OWN_ACCOUNT, "name", (OWN,), lambda s: s.post("account_rename", name="Ana")),
    Door(Can.MANAGE_PEOPLE, "list", (VISIBLE,), lambda s: s.get("people")),
    Door(Can.MANAGE_PEOPLE, "rights", (VISIBLE,), lambda s: s.get("rights")),
    Door(
        Can.MANAGE_PEOPLE,
        "password",
        (VISIBLE, ALL),
        lambda s: s.post("person_password", s.person.pk),
    ),
    Door(
        Can.MANAGE_PEOPLE,
        "deactivate",
        (VISIBLE, ALL),
        lambda s: s.post("person_deactivate", s.person.pk),
    ),
    Door(Can.SEE_AUDIT, "page", (ALL,), lambda s: s.get("audit")),
    Door(Can.SEE_AUDIT, "export", (ALL,), lambda s: s.get("audit_export")),
)
_API = (
    Door(Can.SEE_CONVERSATION, "api", _ANY, _thread),
    Door(Can.CLAIM, "api", (FREE,), lambda s: s.put(s.conversation(), "status", status="active")),
    Door(Can.TRANSFER, "api", (OWN, VISIBLE, ALL), _released),
    Door(Can.FINISH, "api", _ANY, _finished),
    Door(
        Can.REOPEN,
        "api",
        (FREE, VISIBLE, ALL),
        lambda s: s.put(_closed(s), "status", status="active"),
    ),
    Door(Can.BEGIN_CONVERSATION, "api", (VISIBLE, ALL), lambda s: _send(s, "5511987654321")),
    Door(Can.WRITE, "api", _ANY, lambda s: _send(s, s.conversation().contact.phone)),
    Door(Can.MARK_READ, "api", _ANY, lambda s: s.put(s.conversation(), "read")),
    Door(Can.SEE_CLIENT, "api", (OWN, VISIBLE, ALL), lambda s: _client_api(s, "get")),
    Door(
        Can.EDIT_CLIENT,
        "api",
        (OWN, VISIBLE, ALL),
        lambda s: _client_api(s, "patch", email="a@b.example"),
    ),
    Door(Can.CREATE_CLIENT, "api", (ALL,), _new_client),
    Door(
        Can.SEE_NUMBER,
        "api",
        (VISIBLE, ALL),
        lambda s: s.api.get(f"/api/whatsapp/{s.number.slug}").status_code,
    ),
    Door(Can.CONNECT_NUMBER, "api", (VISIBLE, ALL), lambda s: _number(s, "logout")),
)
_ADMIN_LISTS = (
    (Can.SEE_CONVERSATION, "whatsapp_conversation"),
    (Can.SEE_CLIENT, "clients_client"),
    (Can.SEE_NUMBER, "whatsapp_session"),
    (Can.SEE_AUDIT, "accounts_auditentry"),
    (Can.SEE_JOURNAL, "whatsapp_message"),
    (Can.SEE_JOURNAL, "whatsapp_arrival"),
    (Can.MANAGE_WEBHOOKS, "api_webhook"),
    (Can.MANAGE_WEBHOOKS, "api_webhookdelivery"),
)
_ADMIN = (
    *(_admin_list(can, page) for can, page in _ADMIN_LISTS),
    Door(Can.MANAGE_PEOPLE, "admin", (VISIBLE, ALL), _deactivated, by_staff=True, done=_is_out),
    Door(Can.DELETE_CLIENT, "admin", (ALL,), _delete_client, by_staff=True),
    Door(Can.RERUN_ARRIVAL, "admin", (ALL,), _rerun, by_staff=True),
    Door(
        Can.MANAGE_WEBHOOKS,
        "admin-delete",
        (ALL,),
        _delete_webhook,
        by_staff=True,
        done=lambda _: not Webhook.objects.exists(),
    ),
)
DOORS = (*_PAGES, *_API, *_ADMIN)
# Rights whose doors are no requests, with the test that walks them.
WITHOUT_DOOR: dict[Can, str] = {
    Can.STREAM_EVENTS: "a socket: test_the_stream_lets_through_whom_the_table_says",
}
