"""POST to an address that somebody typed, without being led into our own network.

A name is resolved once, every address of it is checked, and the connection goes to one that was
checked: a name that answers differently the second time gains nothing. Redirects are not followed.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from urllib.parse import SplitResult, quote, urlsplit

from django.conf import settings

# Seconds.
CONNECT, TOTAL = 5.0, 10.0
# How much of an answer is read, in bytes.
ANSWER_LIMIT = 64 * 1024
# What ipaddress takes for global and is not: NAT64, site-local addresses, protocol assignments.
INNER = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "fec0::/10", "192.0.0.0/24")))
# What may stand in a request line as it is; anything else is escaped.
PLAIN = "/%:@!$&'()*+,;=~-._?[]"

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
    # All of them, not the first: a name with one outer and one inner address is a trick.
    addresses = [str(entry[4][0]) for entry in found]
    if not settings.WEBHOOK_ALLOW_PRIVATE:
        for address in addresses:
            if not is_public(address):
                raise Refused(f"{parts.hostname} leva a um endereço interno ({address}).")
    return parts, addresses[0]


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Send *body* and return the answer's status. Raises Refused."""
    parts, address = check(url)
    path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=PLAIN)
    with _connected(parts, address) as raw:
        try:
            with _deadline(raw), closing(_http_over(raw, parts)) as connection:
                connection.request("POST", path, body, headers)
                answer = connection.getresponse()
                _drain(answer)
                return answer.status
        except (OSError, http.client.HTTPException) as error:
            raise Refused(f"Sem resposta: {type(error).__name__}.") from error


def is_public(text: str) -> bool:
    """Whether an address is out in the Internet, seen through every way of wrapping another."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        # IPv4 inside IPv6, as ::ffff:10.0.0.1, 6to4 (2002::/16) or Teredo: judged by what is
        # inside.
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is not None:
            address = inner
    if any(address in network for network in INNER):
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
    # They would be shown in the admin and kept in logs.
    if parts.username or parts.password:
        raise Refused("Não ponha usuário e senha no endereço.")
    return parts


def _connected(parts: SplitResult, address: str) -> socket.socket:
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        return socket.create_connection((address, port), timeout=CONNECT)
    except OSError as error:
        raise Refused(f"Não foi possível ligar: {type(error).__name__}.") from error


def _http_over(raw: socket.socket, parts: SplitResult) -> http.client.HTTPConnection:
    """Over *raw*, speak and check certificates as *parts* says: the name is in there."""
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port)
    # The class would connect by name, and so ask the resolver again: it is given the socket.
    connection.sock = raw
    if parts.scheme == "https":
        # The name, not the address: certificate and SNI are the name's.
        tls = ssl.create_default_context()
        connection.sock = tls.wrap_socket(raw, server_hostname=parts.hostname)
    return connection


@contextmanager
def _deadline(raw: socket.socket) -> Iterator[None]:
    """Who answers a byte at a time never lets a read time out, so the line itself is cut. It is
    cut in a duplicate: TLS takes the descriptor over."""
    # Each single read; the timer below bounds them all, TLS included.
    raw.settimeout(TOTAL)
    line = raw.dup()
    timer = threading.Timer(TOTAL, _cut, [line])
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        line.close()


def _cut(line: socket.socket) -> None:
    with suppress(OSError):
        # Wakes the thread that reads; closing alone would not.
        line.shutdown(socket.SHUT_RDWR)


def _drain(answer: http.client.HTTPResponse) -> None:
    """Read some of the answer: what it says is of no interest."""
    read = 0
    while read < ANSWER_LIMIT and (piece := answer.read1(8192)):
        read += len(piece)
