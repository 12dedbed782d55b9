"""How often an address may ask where nobody is known yet; of users DRF's own class takes care."""

from typing import Any

from rest_framework.throttling import SimpleRateThrottle

from accounts.address import address_of


class PerAddress(SimpleRateThrottle):
    scope = "token"

    def get_cache_key(self, request: Any, view: Any) -> str:
        return self.cache_format % {"scope": self.scope, "ident": address_of(request)}
