from __future__ import annotations

from collections.abc import Callable
from typing import Any

from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import PollCreationMessage

from whatsapp.contents import Poll
from whatsapp.gateway.content.words import some, words


def _poll(part: PollCreationMessage) -> Poll:
    options = some(option.optionName for option in part.options)
    return Poll(words(part.name), options, part.selectableOptionsCount)


# The versions differ in what the apps may do with them, not in their fields.
READERS: dict[str, Callable[[Any], Poll]] = {
    "pollCreationMessage": _poll,
    "pollCreationMessageV2": _poll,
    "pollCreationMessageV3": _poll,
    "pollCreationMessageV5": _poll,
    "pollCreationMessageV6": _poll,
}
