"""What the server, or a phone, does wrong on purpose."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Faults:
    """Of one company. Counters say how many times more; the rest lasts until it is unset.

    `refuse` are the attributes of a login's refusal; `hold_acks` withholds acknowledgements until
    `LoopbackServer.release_acks`; the two drops cut the connection around a message of the device,
    before anybody has it or after its receivers have. `lookup_errors` refuses to say which
    devices somebody has.
    """

    refuse: dict[str, str] | None = None
    hold_acks: int = 0
    drop_before_ack: int = 0
    drop_after_delivery: int = 0
    drop_at_receipt: int = 0
    ack_error: str = ""
    ack_errors: int = 0
    lookup_errors: int = 0
    mute_keepalive: bool = False
    passkey: bool = False
    hold_app_state: bool = False

    def take(self, name: str) -> bool:
        """Whether the fault counted by *name* is due now; if so it is spent once."""
        left = int(getattr(self, name))
        if left > 0:
            setattr(self, name, left - 1)
        return left > 0
