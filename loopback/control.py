"""A page and a JSON door on 127.0.0.1 from which a person, or a test, acts as the customers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from loopback.content import shown_text
from loopback.phones import Bubble, Company, Customer
from loopback.server import LoopbackServer

PAGE = Path(__file__).parent / "control.html"
# What the page can do wrong on purpose, once: the next message, or the link at once.
FAULTS: dict[str, Callable[[LoopbackServer, Company], object]] = {
    "cair": lambda server, company: server.drop(company),
    "erro-503": lambda server, company: server.stream_error(company, "503"),
    "outro-lugar": lambda server, company: server.replace_elsewhere(company),
    "remover": lambda server, company: server.unlink_on_phone(company),
    "cair-antes-de-confirmar": lambda _, company: _next(company, "drop_before_ack"),
    "cair-depois-de-entregar": lambda _, company: _next(company, "drop_after_delivery"),
    "sem-confirmar": lambda _, company: _next(company, "hold_acks"),
    "confirmar": lambda server, company: server.release_acks(company),
    "recusar-463": lambda _, company: _next(company, "ack_errors"),
}
LOCAL = ("127.0.0.1", "localhost")
BODY_LIMIT = 100_000


class Control:
    """Serves *server* on *port* (0: any free one) until the process ends."""

    def __init__(self, server: LoopbackServer, port: int = 0) -> None:
        handler = type("Handler", (_Handler,), {"loopback": server})
        self._http = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.address = f"http://127.0.0.1:{self._http.server_port}/"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._http.shutdown()


class _Handler(BaseHTTPRequestHandler):
    loopback: LoopbackServer

    def do_GET(self) -> None:
        if not self._local():
            return
        if self.path == "/":
            self._reply(200, PAGE.read_bytes(), "text/html; charset=utf-8")
        elif self.path == "/estado":
            self._json(200, self.loopback.call(self._state))
        else:
            self._json(404, {"erro": "Não há nada aqui."})

    def do_POST(self) -> None:
        """JSON only: a form of another site cannot send that without asking first."""
        if not self._local():
            return
        if self.headers.get("Content-Type", "").split(";")[0] != "application/json":
            self._json(415, {"erro": "Envie JSON."})
            return
        # Cut, not refused: what is cut is no JSON, and says so.
        size = int(self.headers.get("Content-Length") or 0)
        try:
            wanted = json.loads(self.rfile.read(min(size, BODY_LIMIT)))
            self._json(200, self._act(wanted) or {})
        except (json.JSONDecodeError, LookupError, TypeError, StopIteration):
            self._json(400, {"erro": "Pedido inválido."})
        except ValueError as error:
            self._json(400, {"erro": str(error)})

    def _act(self, wanted: dict[str, Any]) -> dict[str, Any] | None:
        server = self.loopback
        company = next(iter(server.world.companies.values()))
        if self.path == "/parear":
            server.scan(company, str(wanted["codigo"]))
            return None
        if self.path == "/falha":
            FAULTS[str(wanted["falha"])](server, company)
            return None
        customer = server.world.customers[str(wanted["cliente"])]
        match self.path:
            case "/escrever":
                return {"id": server.write(customer, company, str(wanted["texto"])[:4096])}
            case "/ler":
                server.read(customer, company)
            case "/digitar":
                server.type(customer, company, "composing")
            case _:
                raise ValueError("Não há nada aqui.")
        return None

    def _state(self) -> dict[str, Any]:
        world = self.loopback.world
        return {
            "empresas": [
                {"numero": company.number, "nome": company.name, "pareada": bool(company.companion)}
                for company in world.companies.values()
            ],
            "clientes": [_customer(customer) for customer in world.customers.values()],
        }

    def _local(self) -> bool:
        """A page of another site that resolves its name to us is not us."""
        if self.headers.get("Host", "").rpartition(":")[0] in LOCAL:
            return True
        self._json(403, {"erro": "Só por 127.0.0.1."})
        return False

    def _json(self, status: int, body: dict[str, Any]) -> None:
        self._reply(status, json.dumps(body).encode(), "application/json")

    def _reply(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        return None


def _next(company: Company, fault: str) -> None:
    company.faults.ack_error = "463"
    setattr(company.faults, fault, 1)


def _text(bubble: Bubble) -> str:
    if not bubble.readable:
        return "Aguardando esta mensagem."
    return shown_text(bubble.message) if bubble.raw else bubble.text


def _customer(customer: Customer) -> dict[str, Any]:
    return {
        "numero": customer.number,
        "nome": customer.name,
        "conversa": [
            {"texto": _text(b), "meu": b.mine, "hora": b.at, "ticks": b.ticks}
            for b in customer.thread[-100:]
        ],
    }
