"""What can be said of a number: its states, and for each a sentence and the next step (pt-BR)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models


class State(models.TextChoices):
    NEW = "new", "Nunca conectado"
    PAIRING = "pairing", "Aguardando leitura do QR"
    EXPIRED = "expired", "O código expirou"
    CONNECTING = "connecting", "Conectando"
    ONLINE = "online", "Conectado"
    RECONNECTING = "reconnecting", "Reconectando"
    STOPPED = "stopped", "Parado"
    LOGGED_OUT = "logged_out", "Desconectado"
    REPLACED = "replaced", "Em uso em outro lugar"
    BANNED = "banned", "Bloqueado pelo WhatsApp"
    OUTDATED = "outdated", "Versão recusada pelo WhatsApp"
    PASSKEY = "passkey", "Passkey exigida"
    FAILED = "failed", "Falhou"


class Wanted(models.TextChoices):
    OFF = "off", "desligado"
    ON = "on", "ligado"
    PAIR = "pair", "parear"
    LOGOUT = "logout", "desvincular"


@dataclass(frozen=True)
class Words:
    """What a state means to a person: a sentence, and what to do next ("" when nothing)."""

    sentence: str
    next_step: str = ""


# Complete: tests/test_numbers.py asks for the words of every state.
WORDS: dict[str, Words] = {
    State.NEW: Words("Este número ainda não foi conectado.", "Gere o QR e leia com o celular."),
    State.PAIRING: Words(
        "Esperando o celular ler o QR.",
        "No WhatsApp do celular: Aparelhos conectados, Conectar um aparelho.",
    ),
    State.EXPIRED: Words("O código expirou sem ser lido.", "Gere um novo código."),
    State.CONNECTING: Words("Entrando no WhatsApp."),
    State.ONLINE: Words("Recebendo e enviando mensagens."),
    State.RECONNECTING: Words(
        "A ligação com o WhatsApp caiu e está sendo refeita. As mensagens esperam na fila.",
        "Se durar mais que alguns minutos, confira a internet da máquina.",
    ),
    State.STOPPED: Words(
        "Nenhum processo cuida deste número agora. As mensagens esperam na fila.",
        "Confira se o runwhatsapp está rodando na máquina que tem as chaves deste número.",
    ),
    State.LOGGED_OUT: Words(
        "O aparelho foi desvinculado. Nada entra nem sai por este número.",
        "Gere o QR e leia de novo com o celular; o histórico continua aqui.",
    ),
    State.REPLACED: Words(
        "As mesmas chaves entraram em outro lugar e o WhatsApp fechou esta ligação.",
        "Encerre a outra instalação e reconecte.",
    ),
    State.BANNED: Words(
        "O WhatsApp bloqueou este número por um tempo.",
        "Espere o prazo acabar e reveja o ritmo de conversas novas.",
    ),
    State.OUTDATED: Words(
        "O WhatsApp não aceita mais esta versão do programa.",
        "Atualize o pacote neonize e reinicie o runwhatsapp.",
    ),
    State.PASSKEY: Words(
        "O WhatsApp pede uma passkey para vincular esta conta, e isso ainda não é possível aqui.",
        "Use outra conta ou retire a passkey no celular, e tente de novo.",
    ),
    State.FAILED: Words("A ligação não pôde ser feita.", "Veja o motivo e tente reconectar."),
}

# After these no worker starts by itself before `retry_at` (`Session.may_start`). EXPIRED is none:
# nobody refused, and the pairing has set `wanted` to off.
REFUSALS = (
    State.LOGGED_OUT,
    State.REPLACED,
    State.BANNED,
    State.OUTDATED,
    State.PASSKEY,
    State.FAILED,
)
NEEDS_A_HAND = (*REFUSALS, State.EXPIRED, State.STOPPED)

# Why WhatsApp ended the link, and why it banned the number, by neonize's names of the reasons. With
# each end of a link whatsmeow has deleted the device from the key store: only a QR helps.
LOGGED_OUT_WORDS = {
    "UNLINKED": "O aparelho foi removido no celular.",
    "LOGGED_OUT": "O WhatsApp encerrou o vínculo (401).",
    "MAIN_DEVICE_GONE": "A conta não existe mais ou foi bloqueada (403).",
    "UNKNOWN_LOGOUT": "A conta foi banida pelo WhatsApp (406).",
}
BAN_WORDS = {
    "SEND_TO_TOO_MANY_PEOPLE": "Mensagens para gente demais que não tem este número.",
    "BLOCKED_BY_USERS": "Muitas pessoas bloquearam este número.",
    "CREATED_TOO_MANY_GROUPS": "Grupos demais criados com gente que não tem este número.",
    "SENT_TOO_MANY_SAME_MESSAGE": "A mesma mensagem foi enviada a gente demais.",
    "BROADCAST_LIST": "Mensagens demais para uma lista de transmissão.",
}
UNKNOWN_BAN = "O WhatsApp não disse um motivo que se conheça."
