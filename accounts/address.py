"""Where a request came from."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import cast

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The caller's address; of IPv6 the network of 64 bits, which a single customer has whole.

    ``X-Forwarded-For`` is believed only as far as NUM_PROXIES goes: each declared proxy adds one
    address at the right, what stands left of those the caller wrote himself. A header with fewer
    did not come through the proxies and is not believed at all.
    """
    text = _forwarded(request) or str(request.META.get("REMOTE_ADDR", ""))
    try:
        address = ip_address(text)
    except ValueError:
        # A Unix socket's path, or nonsense: still a key, as long as the columns hold.
        return text[:64]
    if address.version == 4:
        return text
    # A socket that listens on both families writes IPv4 as ::ffff:a.b.c.d: cut to 64 bits, all of
    # IPv4 would be one address, and thirty wrong passwords would lock everybody.
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ip_network((address, 64), strict=False)[0])


def _forwarded(request: HttpRequest) -> str:
    # One declaration for the guard, the audit and DRF's own throttles.
    proxies = cast(int, settings.REST_FRAMEWORK["NUM_PROXIES"])
    header = request.META.get("HTTP_X_FORWARDED_FOR", "")
    addresses = [one.strip() for one in header.split(",") if one.strip()]
    return addresses[-proxies] if 0 < proxies <= len(addresses) else ""
