"""How far a message that goes out may move from each state of its delivery."""

from whatsapp.vocabulary import Delivery

# Which deliveries each receipt may move on from: the state only goes forward. A receipt proves a
# message out whatever we believed, so it also settles what was failed or uncertain.
UNPROVED = (Delivery.SENDING, Delivery.FAILED, Delivery.UNCERTAIN)
FORWARD: dict[str, tuple[str, ...]] = {
    Delivery.SENT: UNPROVED,
    Delivery.DELIVERED: (*UNPROVED, Delivery.SENT),
    Delivery.READ: (*UNPROVED, Delivery.SENT, Delivery.DELIVERED),
    Delivery.PLAYED: (*UNPROVED, Delivery.SENT, Delivery.DELIVERED, Delivery.READ),
}
# What the agent may still decide about, and what he may give up.
RESENDABLE = (Delivery.FAILED, Delivery.UNCERTAIN)
# What never reached the customer answers nothing; an uncertain one may have.
NO_ANSWER = (Delivery.FAILED, Delivery.DISCARDED)
# Queued as well: `begin_sending` asks for the same state, so of sender and agent one gets it.
DISCARDABLE = (Delivery.QUEUED, *RESENDABLE)
