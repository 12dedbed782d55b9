"""How often one may ask: a user everywhere, an address where nobody is known yet."""

from typing import Any

from rest_framework.throttling import SimpleRateThrottle, UserRateThrottle

from accounts.address import address_of


class PerUser(UserRateThrottle):
    scope = "user"


class PerAddress(SimpleRateThrottle):
    scope = "token"

    def get_cache_key(self, request: Any, view: Any) -> str:
        return self.cache_format % {"scope": self.scope, "ident": address_of(request)}
