"""How often one may ask: a user everywhere, an address where nobody is known yet."""

from ipaddress import ip_address, ip_network
from typing import Any

from rest_framework.throttling import BaseThrottle, SimpleRateThrottle, UserRateThrottle


def address_of(request: Any) -> str:
    """The caller's address as NUM_PROXIES tells it; of IPv6 the network, for a single customer of
    a provider has all the addresses in it."""
    text = BaseThrottle().get_ident(request)
    try:
        address = ip_address(text)
    except ValueError:
        return text
    return text if address.version == 4 else str(ip_network((address, 64), strict=False)[0])


class PerUser(UserRateThrottle):
    scope = "user"


class PerAddress(SimpleRateThrottle):
    scope = "token"

    def get_cache_key(self, request: Any, view: Any) -> str:
        return self.cache_format % {"scope": self.scope, "ident": address_of(request)}
