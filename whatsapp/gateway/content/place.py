from __future__ import annotations

from collections.abc import Callable
from typing import Any

from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import LiveLocationMessage, LocationMessage

from whatsapp.contents import Place
from whatsapp.gateway.content.words import words


def _place(part: LocationMessage) -> Place:
    latitude, longitude = _point(part)
    name, address = words(part.name or part.comment), words(part.address)
    return Place(latitude, longitude, name, address, live=part.isLive)


def _live_place(part: LiveLocationMessage) -> Place:
    latitude, longitude = _point(part)
    return Place(latitude, longitude, words(part.caption), live=True)


def _point(part: LocationMessage | LiveLocationMessage) -> tuple[float | None, float | None]:
    latitude, longitude = part.degreesLatitude, part.degreesLongitude
    given = part.HasField("degreesLatitude") and part.HasField("degreesLongitude")
    # False for NaN as well.
    if given and abs(latitude) <= 90 and abs(longitude) <= 180:
        return latitude, longitude
    return None, None


READERS: dict[str, Callable[[Any], Place]] = {
    "locationMessage": _place,
    "liveLocationMessage": _live_place,
}
