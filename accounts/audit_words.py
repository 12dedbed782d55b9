"""The words of the audit for people (pt-BR), made when an entry is shown."""

from __future__ import annotations

# Of `AuditEntry.kind`, the part of a verb before its dot.
KINDS = {
    "login": "Acesso",
    "password": "Senhas",
    "person": "Pessoas",
    "conversation": "Conversas",
    "message": "Mensagens",
    "client": "Clientes",
    "contact": "Contatos",
    "number": "Números",
    "arrival": "Chegadas",
    "webhook": "Webhooks",
    "audit": "Auditoria",
}

# A verb that is missing here is shown as it is, and the search by words does not find it. Of
# "client." the rest is a field as `clients.models.conflict.EDITABLE` names it (a test compares), of
# "conversation." a kind of `whatsapp.models.EventKind`.
_VERBS = {
    "login.done": "Entrou",
    "login.out": "Saiu",
    "login.failed": "Senha errada",
    "login.locked": "Acesso bloqueado",
    "login.address_locked": "Endereço bloqueado",
    "login.unlocked": "Acesso desbloqueado",
    "password.changed": "Senha trocada",
    "password.reset": "Senha provisória",
    "person.created": "Pessoa criada",
    "person.deactivated": "Pessoa desativada",
    "person.reactivated": "Pessoa reativada",
    "person.role": "Papel",
    "person.first_name": "Nome",
    "person.last_name": "Sobrenome",
    "person.email": "E-mail da pessoa",
    "conversation.viewed": "Conversa aberta para ler",
    "conversation.opened": "Atendimento aberto",
    "conversation.claimed": "Assumiu",
    "conversation.taken_over": "Assumiu de outra pessoa",
    "conversation.transferred": "Transferiu",
    "conversation.released": "Devolveu à fila",
    "conversation.answered": "Primeira resposta",
    "conversation.finished": "Finalizou",
    "conversation.reopened": "Reabriu",
    "conversation.merged": "Conversas unidas",
    "message.resent": "Mensagem reenviada",
    "message.discarded": "Mensagem descartada",
    "client.created": "Cliente cadastrado",
    "client.deleted": "Cadastro excluído",
    "client.exported": "Clientes exportados",
    "client.name": "Nome do cliente",
    "client.cnpj": "CNPJ",
    "client.company_type": "Tipo de empresa",
    "client.email": "E-mail",
    "client.credit_limit": "Crédito",
    "client.has_debt": "Débito",
    "client.sales_stage": "Etapa",
    "client.responsible": "Responsável",
    "client.status": "Situação do cliente",
    "client.phones": "Telefone",
    "contact.client": "Cliente do contato",
    "contact.name": "Nome dado ao contato",
    "number.created": "Número adicionado",
    "number.name": "Apelido do número",
    "number.paired": "Pareamento do número",
    "number.connected": "Número conectado",
    "number.stopped": "Número parado",
    "number.unlinked": "Número desvinculado",
    "number.removed": "Número removido",
    "number.agents": "Quem atende o número",
    "arrival.rerun": "Chegada tratada de novo",
    "webhook.created": "Webhook criado",
    "webhook.changed": "Webhook alterado",
    "webhook.deleted": "Webhook excluído",
    "audit.exported": "Auditoria exportada",
}


def words_of(verb: str) -> str:
    """What was done, in words; a verb that nobody described is shown as it is."""
    return _VERBS.get(verb, verb)


def verbs_named(words: str) -> list[str]:
    """The verbs whose words hold *words*: "etapa" finds ``client.sales_stage``."""
    return [verb for verb, text in _VERBS.items() if words.casefold() in text.casefold()]
