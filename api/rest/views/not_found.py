from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView


class NotFoundView(APIView):
    """Whatever else is asked below /api/."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []
    schema = None

    def initial(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]
        raise NotFound("Não existe este endereço na API.")
