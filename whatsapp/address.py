"""How a person or a program names a customer: by telephone or by LID."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from clients import phone
from whatsapp import jid
from whatsapp.models import AddressKind

LONGEST = 64


def parse(text: str) -> tuple[AddressKind, str]:
    """("phone", E.164 digits) or ("lid", digits), for what a person types and for WhatsApp's own
    forms. Raises ValidationError (pt-BR)."""
    user, at, server = text.strip().partition("@")
    user = user.partition(":")[0]
    if at and server == jid.LID_SERVER and user.isascii() and user.isdecimal() and len(user) < 30:
        return AddressKind.LID, user
    # c.us is the old server of telephones, which other programs still write.
    if len(text) > LONGEST or (at and server not in (jid.PHONE_SERVER, "c.us")):
        raise ValidationError("Use um telefone com DDD, ou o endereço do WhatsApp.")
    return AddressKind.PHONE, phone.parse(f"+{user}" if at else user)


def key_of(kind: AddressKind, value: str) -> str:
    """What `ContactAddress.key` holds for it."""
    # The twin of `contact_rows.addresses_of`: what is made there must be found by this.
    return phone.match_key(value) if kind == AddressKind.PHONE else value
