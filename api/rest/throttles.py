from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.throttling import SimpleRateThrottle, UserRateThrottle

from accounts.address import address_of

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class PerUser(UserRateThrottle):
    scope = "user"


class PerAddressAtTheDoor(SimpleRateThrottle):
    """The token route, by address, before anybody is known."""

    scope = "token"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return self.cache_format % {"scope": self.scope, "ident": address_of(request)}
