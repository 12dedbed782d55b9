"""How a number's process ends: the exit codes that its supervisor reads."""

from datetime import timedelta

# Clean end; start again at once; somebody else has the lease; only a person can help.
# Not 1 and 2, with which Python itself ends.
DONE, AGAIN, LEASED_ELSEWHERE, REFUSED = 0, 3, 4, 5

# How long after WhatsApp's refusal the number is tried again by itself.
REFUSAL_PAUSE = timedelta(minutes=10)
