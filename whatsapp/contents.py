"""What a message says, in our words: one class for each form a content can have.

True without a database and without neonize. Each has a `kind` and a `text`: what a person would
read of it, as it is shown, searched and given to the API; it is "" only where there is nothing to
read. Texts are at most MAX_TEXT characters long and hold no NUL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from whatsapp.vocabulary import Kind

# Characters kept of a text from outside; WhatsApp itself stops at 65,536.
MAX_TEXT = 65_536


@dataclass(frozen=True)
class Text:
    text: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True)
class MediaKeys:
    """What it takes to fetch a file from WhatsApp's media servers, and to open it."""

    direct_path: str
    media_key: bytes
    sha256: bytes
    enc_sha256: bytes


@dataclass(frozen=True)
class Media:
    """A file. `size` is in bytes, `seconds` its duration, both as its sender states them."""

    kind: Kind
    keys: MediaKeys
    mime: str
    size: int = 0
    caption: str = ""
    file_name: str = ""
    seconds: int = 0
    width: int = 0
    height: int = 0
    loops: bool = False  # a GIF, which WhatsApp sends as a video

    @property
    def text(self) -> str:
        if self.caption == self.file_name:
            return self.caption
        return _join("\n", self.file_name, self.caption)


@dataclass(frozen=True)
class Place:
    """A point in degrees, None where the sender gave none that exists; `live` when it moves."""

    latitude: float | None
    longitude: float | None
    name: str = ""
    address: str = ""
    live: bool = False
    kind: Kind = Kind.LOCATION

    @property
    def text(self) -> str:
        named = _join(", ", self.name, self.address)
        if named or self.latitude is None or self.longitude is None:
            return named
        # Five decimals are about a metre.
        return f"{self.latitude:.5f}, {self.longitude:.5f}"


@dataclass(frozen=True)
class Card:
    """One or more people's business cards, as vCard texts; `name` is the sender's for them."""

    name: str
    vcards: tuple[str, ...]
    kind: Kind = Kind.CONTACT

    @property
    def text(self) -> str:
        lines = [_join(" ", *_read_vcard(vcard)) for vcard in self.vcards]
        # Of a single card the sender's name for it may not be the one inside.
        if len(lines) == 1 and self.name not in lines[0]:
            lines = [_join(" ", self.name, lines[0])]
        return _join("\n", *lines) or self.name


@dataclass(frozen=True)
class Poll:
    """A question with options, of which *most* may be chosen (0: any number)."""

    question: str
    options: tuple[str, ...]
    most: int = 0
    kind: Kind = Kind.POLL

    @property
    def text(self) -> str:
        return self.question or ", ".join(self.options)


@dataclass(frozen=True)
class Choice:
    """An answer given by a button, a list or a form: the words that were chosen, or its id."""

    words: str
    id: str = ""
    kind: Kind = Kind.TEXT

    @property
    def text(self) -> str:
        return self.words or self.id


@dataclass(frozen=True)
class Prompt:
    """What a business asks or offers with buttons beneath."""

    text: str
    options: tuple[str, ...] = ()
    kind: Kind = Kind.TEXT


@dataclass(frozen=True)
class Unknown:
    """A message of a form we have no picture for; `field` is WhatsApp's name of that form, `text`
    whatever a person could read in it."""

    field: str
    text: str = ""
    kind: Kind = Kind.UNKNOWN


Content = Text | Media | Place | Card | Poll | Choice | Prompt | Unknown


@dataclass(frozen=True)
class Quote:
    """The message that an answer quotes: its WhatsApp id, its sender's address, its text."""

    wa_id: str
    sender: str
    text: str


def _join(between: str, *parts: str) -> str:
    return between.join(part for part in parts if part)


# Before a property's name there may be a group, after it parameters: `item1.TEL;waid=55…:+55 …`.
_VCARD_LINE = re.compile(r"^(?:\w+\.)?(FN|TEL)(?:;[^:\n]*)?:(.*)$", re.IGNORECASE | re.MULTILINE)


def _read_vcard(vcard: str) -> list[str]:
    """The name and the telephones in a vCard, in its order."""
    return [value.strip() for _, value in _VCARD_LINE.findall(vcard)]
