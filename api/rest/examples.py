"""What the documentation shows of each route: a body to send and what comes back."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample

TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9…"
PERSON = "5511999998888@s.whatsapp.net"
AT = "2026-11-24T10:01:21-03:00"

NUMBER = {
    "id": "vendas-sp",
    "name": "Vendas SP",
    "phoneNumber": "551140028922",
    "isConnected": True,
    "state": {
        "code": "online",
        "label": "Conectado",
        "sentence": "Recebendo e enviando mensagens.",
        "nextStep": "",
        "detail": "",
        "since": AT,
    },
    "qr": None,
    "qrExpiresAt": None,
    "queueLength": 0,
}
CONVERSATION = {
    "id": "7",
    "sessionId": "vendas-sp",
    "phoneNumber": PERSON,
    "name": "Padaria Sol",
    "lastMessage": "Bom dia",
    "lastMessageAt": AT,
    "unreadCount": 1,
    "status": "pending",
    "assignedTo": None,
    "clientId": 12,
    "createdAt": AT,
}
MINE = CONVERSATION | {"status": "active", "assignedTo": {"id": 3, "name": "Ana"}}
MESSAGE = {
    "id": "512",
    "messageId": "3EB0A1",
    "conversationId": "7",
    "sender": PERSON,
    "content": "Bom dia",
    "kind": "text",
    "timestamp": AT,
    "isFromMe": False,
    "status": "received",
    "error": "",
}
QUEUED = MESSAGE | {"id": "513", "messageId": None, "isFromMe": True, "status": "queued"}
CLIENT = {
    "id": 12,
    "name": "Padaria Sol",
    "cnpj": "11222333000181",
    "email": "compras@padariasol.example",
    "companyType": "me",
    "creditLimit": True,
    "hasDebt": False,
    "status": "prospect",
    "salesStage": "proposal",
    "responsible": 3,
    "phones": ["5511999998888"],
    "createdAt": AT,
    "updatedAt": AT,
}


def _sent(value: dict[str, Any], name: str = "Pedido") -> OpenApiExample:
    return OpenApiExample(name, value, request_only=True)


def _told(value: Any, code: int = 200, **more: Any) -> OpenApiExample:
    body = {"success": True, "data": value, **more}
    return OpenApiExample("Resposta", body, response_only=True, status_codes=[str(code)])


def _said(sentence: str) -> OpenApiExample:
    return OpenApiExample("Resposta", {"success": True, "message": sentence}, response_only=True)


EXAMPLES: dict[str, list[OpenApiExample]] = {
    "token": [
        _sent({"username": "ana", "password": "segredo"}),
        _told({"access": TOKEN, "refresh": TOKEN}),
    ],
    "refreshToken": [_sent({"refresh": TOKEN}), _told({"access": TOKEN, "refresh": TOKEN})],
    "verifyToken": [_sent({"token": TOKEN}), _said("Token válido")],
    "blacklistToken": [_sent({"refresh": TOKEN}), _said("Até logo")],
    "initialize": [_said("Inicialização em andamento")],
    "number": [_told(NUMBER)],
    "logout": [_said("Desconexão em andamento")],
    "conversations": [_told([CONVERSATION], next="1795603281000000_7")],
    "conversationStatus": [
        _sent({"status": "active"}, "Assumir ou reabrir"),
        _sent({"status": "pending"}, "Devolver à fila"),
        _sent({"status": "closed", "outcome": "sold"}, "Finalizar"),
        _told(MINE),
    ],
    "conversationRead": [_said("Conversa marcada como lida")],
    "messages": [_told([MESSAGE])],
    "send": [_sent({"text": "Bom dia"}), _told(QUEUED, 202)],
    "clients": [_told([CLIENT])],
    "createClient": [
        _sent({"name": "Padaria Sol", "cnpj": "11.222.333/0001-81", "companyType": "me"}),
        _told(CLIENT, 201),
    ],
    "client": [_told(CLIENT)],
    "editClient": [_sent({"salesStage": "proposal", "hasDebt": False}), _told(CLIENT)],
}
