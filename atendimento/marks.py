"""A message's text as HTML: WhatsApp's own marks, and links."""

from __future__ import annotations

import re

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

# Ends at whatever could end an attribute.
_URL = re.compile(r"https?://[^\s<>\"']{3,500}")
# They work on escaped text: an entity holds none of these signs, nor does a tag of ours.
# Code first, over several lines; the others end with their line and stand at words' edges.
_MARKS = (
    (re.compile(r"```(.+?)```", re.S), r"<code>\1</code>"),
    (re.compile(r"(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])"), r"<strong>\1</strong>"),
    (re.compile(r"(?<![\w_])_(\S(?:[^_\n]*\S)?)_(?![\w_])"), r"<em>\1</em>"),
    (re.compile(r"(?<![\w~])~(\S(?:[^~\n]*\S)?)~(?![\w~])"), r"<s>\1</s>"),
)


def whatsapp_marks(text: str) -> SafeString:
    """Escape *text*, then show WhatsApp's marks and make http links; nothing else becomes HTML."""
    links: list[str] = []

    def keep(match: re.Match[str]) -> str:
        # Links step aside first: an underscore in an address is no mark. NUL stands in for them,
        # which no stored text has: PostgreSQL refuses it.
        links.append(match[0])
        return f"\x00{len(links) - 1}\x00"

    html = str(conditional_escape(_URL.sub(keep, text)))
    for pattern, replacement in _MARKS:
        html = pattern.sub(replacement, html)
    return mark_safe(re.sub(r"\x00(\d+)\x00", lambda m: _link(links[int(m[1])]), html))


def _link(url: str) -> str:
    # Only http(s) gets here, so that no link runs a script. It leads to strangers: they get no
    # referrer, and no handle on our window.
    shown = conditional_escape(url)
    return f'<a href="{shown}" target="_blank" rel="noopener noreferrer nofollow">{shown}</a>'
