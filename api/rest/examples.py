"""What the documentation shows of each route, out of `examples.json`: bodies, and the answer."""

import json
from pathlib import Path
from typing import Any

from drf_spectacular.utils import OpenApiExample

_KNOWN: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))


def examples_of(operation: str) -> list[OpenApiExample]:
    route = _KNOWN["routes"][operation]
    bodies = route.get("bodies", {}).items()
    sent = [OpenApiExample(name, body, request_only=True) for name, body in bodies]
    code = str(route.get("status", 200))
    answer = {"success": True, **_told(route), **route.get("more", {})}
    return [*sent, OpenApiExample("Resposta", answer, response_only=True, status_codes=[code])]


def _told(route: dict[str, Any]) -> dict[str, Any]:
    if "message" in route:
        return {"message": route["message"]}
    shape = _KNOWN["shapes"][route["shape"]]
    return {"data": [shape] if route.get("many") else shape}
