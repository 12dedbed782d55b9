from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, cast

from rest_framework.throttling import BaseThrottle, SimpleRateThrottle, UserRateThrottle

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request
    from rest_framework.views import APIView


def address_of(request: HttpRequest) -> str:
    """The caller's address as NUM_PROXIES tells it; of IPv6 the network, for a single customer of
    a provider has all the addresses in it."""
    text = BaseThrottle().get_ident(cast("Request", request))
    try:
        address = ip_address(text)
    except ValueError:
        return text
    return text if address.version == 4 else str(ip_network((address, 64), strict=False)[0])


class PerUser(UserRateThrottle):
    scope = "user"


class PerAddressAtTheDoor(SimpleRateThrottle):
    """The token route, by address, before anybody is known."""

    scope = "token"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return self.cache_format % {"scope": self.scope, "ident": address_of(request)}
