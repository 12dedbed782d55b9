"""A message's text as HTML: WhatsApp's own marks, and links."""

from __future__ import annotations

import re

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

_URL = re.compile(r"https?://[^\s<>\"']{3,500}")
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
        links.append(match[0])
        return f"\x00{len(links) - 1}\x00"

    html = str(conditional_escape(_URL.sub(keep, text)))
    for pattern, replacement in _MARKS:
        html = pattern.sub(replacement, html)
    return mark_safe(re.sub(r"\x00(\d+)\x00", lambda m: _link(links[int(m[1])]), html))


def _link(url: str) -> str:
    shown = conditional_escape(url)
    return f'<a href="{shown}" target="_blank" rel="noopener noreferrer nofollow">{shown}</a>'
