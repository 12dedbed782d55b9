from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from rest_framework.request import Request

from api.rest.envelope import Envelope


def unless_known(request: Request, body: dict[str, Any]) -> HttpResponseBase:
    """*body*, or 304 when the caller's If-None-Match names it.

    The tag is made of the body itself, so that nothing the caller would see can hide behind it: a
    client's new name, an agent's, a change that was slow to commit.
    """
    content = Envelope().render(body)
    tag = f'W/"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    answer = HttpResponse(content, "application/json; charset=utf-8", headers=headers)
    return get_conditional_response(request._request, tag, response=answer) or answer
