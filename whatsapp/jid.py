"""Every WhatsApp id is made and parsed here, as text: ``user[:device]@server``."""

from __future__ import annotations

from dataclasses import dataclass

PHONE_SERVER = "s.whatsapp.net"
LID_SERVER = "lid"
PEOPLE = (PHONE_SERVER, LID_SERVER)


@dataclass(frozen=True)
class Jid:
    """An address without its device part: a person, a group, or a broadcast."""

    user: str
    server: str

    def __str__(self) -> str:
        return f"{self.user}@{self.server}"

    @property
    def is_person(self) -> bool:
        return self.server in PEOPLE and bool(self.user)

    @property
    def lid(self) -> str:
        """The LID's digits, "" for any other address."""
        return self.user if self.server == LID_SERVER else ""

    @property
    def phone(self) -> str:
        """The telephone's digits, "" for any other address; a LID is never a telephone."""
        return self.user if self.server == PHONE_SERVER else ""


NOBODY = Jid("", "")


def parse(text: str) -> Jid:
    """Return the address in *text*, its device and agent parts dropped. Raises ValueError."""
    user, at, server = text.rpartition("@")
    if not at or not server:
        raise ValueError(f"not a WhatsApp address: {text!r}")
    return Jid(user.split(":")[0].split(".")[0], server)


def of_phone(digits: str) -> Jid:
    return Jid(digits, PHONE_SERVER)
