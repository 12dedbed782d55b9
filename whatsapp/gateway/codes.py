"""neonize's event codes (its events.py) that this house subscribes to."""

# Comes before all others without being subscribed to: who this device is.
DEVICE = 0
CONNECTED = 3
# A ping that nobody answered for 10 s; whatsmeow reconnects after 3 minutes of them, and then
# without DISCONNECTED.
KEEPALIVE_TIMEOUT = 4
KEEPALIVE_RESTORED = 5
LOGGED_OUT = 6
STREAM_REPLACED = 7
TEMPORARY_BAN = 8
CONNECT_FAILURE = 9
CLIENT_OUTDATED = 10
DISCONNECTED = 12
MESSAGE = 17
RECEIPT = 18
CHAT_PRESENCE = 19
UNDECRYPTABLE = 44

# What is used and no more: an event that neonize cannot put into its protobuf ends its pump, and
# connect() with it.
SUBSCRIBED = (
    CONNECTED,
    KEEPALIVE_TIMEOUT,
    KEEPALIVE_RESTORED,
    LOGGED_OUT,
    STREAM_REPLACED,
    TEMPORARY_BAN,
    CONNECT_FAILURE,
    CLIENT_OUTDATED,
    DISCONNECTED,
    MESSAGE,
    RECEIPT,
    CHAT_PRESENCE,
    UNDECRYPTABLE,
)

# What changes rows goes through the spool; what only describes the connection is acted on at once.
SPOOLED = frozenset({MESSAGE, RECEIPT, UNDECRYPTABLE})
