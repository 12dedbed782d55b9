"""The table of rights: role × verb × how near the object is.

`accounts.rights` answers from it; `docs/permissions.md` and the page *Direitos* are made from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Scope(IntEnum):
    """How far a right reaches, and how far away an object is: a right covers all that is nearer.

    OWN is in the agent's own hands (his conversation, his portfolio, his account); FREE is also
    what nobody has; VISIBLE all that he can see (of his numbers; people who are no administrators);
    ALL everything.
    """

    NONE = 0
    OWN = 1
    FREE = 2
    VISIBLE = 3
    ALL = 4


class Can(StrEnum):
    """The verbs of the table."""

    SEE_CONVERSATION = "conversation.see"
    CLAIM = "conversation.claim"
    TAKE_OVER = "conversation.take_over"
    TRANSFER = "conversation.transfer"
    FINISH = "conversation.finish"
    REOPEN = "conversation.reopen"
    BEGIN_CONVERSATION = "conversation.begin"
    WRITE = "conversation.write"
    MARK_READ = "conversation.mark_read"
    MARK_UNREAD = "conversation.mark_unread"
    RESEND = "message.resend"
    SEE_CLIENT = "client.see"
    CREATE_CLIENT = "client.create"
    EDIT_CLIENT = "client.edit"
    LINK_CONTACT = "client.link"
    DELETE_CLIENT = "client.delete"
    SEE_NUMBER = "number.see"
    CONNECT_NUMBER = "number.connect"
    STREAM_EVENTS = "events.stream"
    OWN_ACCOUNT = "account.edit"
    MANAGE_PEOPLE = "people.manage"
    SEE_AUDIT = "audit.see"
    SEE_JOURNAL = "journal.see"
    RERUN_ARRIVAL = "arrival.rerun"
    MANAGE_WEBHOOKS = "webhooks.manage"


@dataclass(frozen=True)
class Right:
    """One line of the table: the scope of each role, and the words for people (pt-BR)."""

    can: Can
    group: str
    label: str
    agent: Scope
    supervisor: Scope
    admin: Scope
    # The permissions of the admin that follow from it, as Django names them.
    permissions: tuple[str, ...] = ()


NONE, OWN, FREE, VISIBLE, ALL = Scope


def _conversation(can: Can, label: str, agent: Scope, *permissions: str) -> Right:
    return Right(can, "Conversas", label, agent, ALL, ALL, permissions)


def _client(can: Can, label: str, agent: Scope, *permissions: str) -> Right:
    return Right(can, "Clientes", label, agent, ALL, ALL, permissions)


def _system(can: Can, label: str, agent: Scope, supervisor: Scope, *permissions: str) -> Right:
    return Right(can, "Sistema", label, agent, supervisor, ALL, permissions)


TABLE: tuple[Right, ...] = (
    _conversation(
        # In the admin only to look at: a form that wrote status or holder would leave the
        # attendance as it was. Its actions call the verbs.
        Can.SEE_CONVERSATION,
        "Ver conversas e mensagens",
        VISIBLE,
        "whatsapp.view_conversation",
        "whatsapp.view_contact",
        "whatsapp.view_attendance",
    ),
    _conversation(Can.CLAIM, "Assumir da fila", VISIBLE),
    _conversation(Can.TAKE_OVER, "Assumir a de outra pessoa, com aviso", VISIBLE),
    # FREE: what a colleague holds is taken over first, which asks and tells him.
    _conversation(Can.TRANSFER, "Transferir", FREE),
    _conversation(Can.FINISH, "Finalizar", OWN),
    _conversation(Can.REOPEN, "Reabrir", VISIBLE),
    _conversation(Can.BEGIN_CONVERSATION, "Começar uma conversa", VISIBLE),
    _conversation(Can.WRITE, "Escrever", OWN),
    _conversation(Can.MARK_READ, "Marcar como lida", OWN),
    _conversation(Can.MARK_UNREAD, "Marcar como não lida", VISIBLE),
    _conversation(Can.RESEND, "Reenviar ou descartar mensagens", OWN),
    _client(
        Can.SEE_CLIENT, "Ver o cadastro", VISIBLE, "clients.view_client", "clients.view_clientphone"
    ),
    _client(Can.CREATE_CLIENT, "Cadastrar", ALL, "clients.add_client", "clients.add_clientphone"),
    _client(
        Can.EDIT_CLIENT,
        "Mudar o cadastro e a etapa",
        VISIBLE,
        "clients.change_client",
        "clients.change_clientphone",
    ),
    _client(
        Can.LINK_CONTACT, "Vincular um contato a um cliente", VISIBLE, "whatsapp.change_contact"
    ),
    Right(
        Can.DELETE_CLIENT,
        "Clientes",
        "Excluir um cadastro",
        NONE,
        NONE,
        ALL,
        ("clients.delete_client", "clients.delete_clientphone"),
    ),
    _system(Can.SEE_NUMBER, "Ver o estado dos números", VISIBLE, ALL, "whatsapp.view_session"),
    _system(
        # The pairing code is the key to all the number's conversations: agents see the state alone.
        Can.CONNECT_NUMBER,
        "Conectar, desconectar e parear números",
        NONE,
        ALL,
        "whatsapp.change_session",
    ),
    _system(Can.STREAM_EVENTS, "Ouvir os eventos de um número pela API", VISIBLE, ALL),
    _system(Can.OWN_ACCOUNT, "Mudar a própria senha e preferências", OWN, OWN),
    _system(
        # VISIBLE leaves out administrators (`Agent.distance`): nobody makes himself one.
        Can.MANAGE_PEOPLE,
        "Pessoas: criar, senha nova, desbloquear, desativar",
        NONE,
        VISIBLE,
        "accounts.view_agent",
        "accounts.change_agent",
        "accounts.add_agent",
    ),
    _system(Can.SEE_AUDIT, "Ver e exportar a auditoria", NONE, ALL, "accounts.view_auditentry"),
    _system(
        Can.SEE_JOURNAL,
        "Ler mensagens e chegadas no admin",
        NONE,
        ALL,
        "whatsapp.view_message",
        "whatsapp.view_arrival",
    ),
    _system(
        Can.RERUN_ARRIVAL,
        "Tratar de novo uma chegada que falhou",
        NONE,
        ALL,
        "whatsapp.change_arrival",
    ),
    _system(
        # Every customer's messages go to that address: not even the supervision says where.
        Can.MANAGE_WEBHOOKS,
        "Webhooks: para onde vão os eventos",
        NONE,
        NONE,
        "api.view_webhook",
        "api.add_webhook",
        "api.change_webhook",
        "api.delete_webhook",
        "api.view_webhookdelivery",
    ),
)
