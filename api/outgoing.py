"""POST to an address that somebody typed, without being led into our own network.

A name is resolved once, every address of it is checked, and the connection goes to one that was
checked: a name that answers differently the second time gains nothing. Redirects are not followed.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

CONNECT, TOTAL = 5.0, 10.0
MOST = 64 * 1024
NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(Exception):
    """It was not sent, or nothing sensible came back; the text is for people (pt-BR)."""


def check(url: str) -> tuple[SplitResult, str]:
    """The parts of *url* and the one address to connect to. Raises Refused."""
    parts = _parts(url)
    default = 443 if parts.scheme == "https" else 80
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or default, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Refused(f"O nome {parts.hostname} não foi encontrado.") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not settings.WEBHOOK_ALLOW_PRIVATE:
        for address in addresses:
            if not is_public(address):
                raise Refused(f"{parts.hostname} leva a um endereço interno ({address}).")
    return parts, addresses[0]


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Send *body* and return the answer's status. Raises Refused."""
    parts, address = check(url)
    end = time.monotonic() + TOTAL
    connection = _connection(parts, address)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        _drain(answer, end)
    except (OSError, http.client.HTTPException) as error:
        raise Refused(f"Sem resposta: {type(error).__name__}.") from error
    finally:
        connection.close()
    if 300 <= answer.status < 400:
        raise Refused(f"Resposta {answer.status}: redirecionamentos não são seguidos.")
    return answer.status


def is_public(text: str) -> bool:
    """Whether an address is out in the Internet, seen through every way of wrapping another."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is not None:
            address = inner
        elif address in NAT64:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError as error:
        raise Refused("O endereço não é válido.") from error
    schemes = ("https", "http") if settings.WEBHOOK_ALLOW_PRIVATE else ("https",)
    if parts.scheme not in schemes or not parts.hostname or not port_is_fine:
        raise Refused("Use um endereço https.")
    if parts.username or parts.password:
        raise Refused("Não ponha usuário e senha no endereço.")
    return parts


def _connection(parts: SplitResult, address: str) -> http.client.HTTPConnection:
    """A connection to *address* that speaks, and checks certificates, as *parts* says."""
    host, port = str(parts.hostname), parts.port
    try:
        raw = socket.create_connection((address, port or _port(parts)), timeout=CONNECT)
        if parts.scheme == "https":
            raw = ssl.create_default_context().wrap_socket(raw, server_hostname=host)
    except OSError as error:
        raise Refused(f"Não foi possível ligar: {type(error).__name__}.") from error
    raw.settimeout(TOTAL)
    connection = http.client.HTTPConnection(host, port or _port(parts))
    connection.sock = raw
    return connection


def _port(parts: SplitResult) -> int:
    return 443 if parts.scheme == "https" else 80


def _drain(answer: http.client.HTTPResponse, end: float) -> None:
    """Read some of the answer, and not for ever: what it says is of no interest."""
    read = 0
    while read < MOST and time.monotonic() < end:
        piece = answer.read1(8192)
        if not piece:
            return
        read += len(piece)
