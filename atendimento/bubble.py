"""What of a bubble differs from one agent to the next; all else is the same for everybody."""

from __future__ import annotations

from whatsapp.models import Message


def flags(message: Message, agent_id: int) -> dict[str, bool]:
    """Whether the agent wrote it, and whether it quotes the agent.

    A frame for the sockets is rendered once for each message and each value of these.
    """
    quoted = message.reply_to
    return {
        "mine": message.author_id == agent_id,
        "quotes_me": quoted is not None and quoted.author_id == agent_id,
    }
