"""Takes out of requests what Django fails on before any code of ours runs."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

# Django decodes the whole request by it, even by codecs that are none for text; browsers say none.
_CHARSET = re.compile(rb";\s*charset\s*=[^;]*", re.IGNORECASE)
# How a cookie's quoted value spells NUL, which PostgreSQL refuses as a session's key.
_NUL = b"\\000"
# And a query: the admin hands it on in its filters. Our own pages and the API say what is wrong.
_NUL_IN_QUERY = b"%00"

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


def cleaned(application: Application) -> Application:
    """*application* behind headers that Django can read. For HTTP and websockets."""

    async def wrapped(scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = [(name, _clean(name, value)) for name, value in scope.get("headers", [])]
        scope = {**scope, "headers": headers}
        if scope.get("path", "").startswith("/admin/"):
            scope["query_string"] = scope["query_string"].replace(_NUL_IN_QUERY, b"")
        await application(scope, receive, send)

    return wrapped


def _clean(name: bytes, value: bytes) -> bytes:
    if name == b"content-type":
        return _CHARSET.sub(b"", value)
    if name == b"cookie":
        return value.replace(_NUL, b"")
    return value
