"""docs/permissions.md, written from the table of rights."""

from __future__ import annotations

from accounts.rights import TABLE
from accounts.rights_words import in_words

_HEAD = """# Quem pode o quê

Escrito por `manage.py permissoes --escrever` a partir de `accounts/rights_table.py`; um teste
compara os dois. Vale igual nas páginas, nos sockets, na API, no admin e nos comandos. *Os seus
números* são os que a pessoa pode ver. Quem está desativado, ou ainda tem senha provisória, não pode
nada (senão criar a própria senha).
"""


def markdown() -> str:
    lines, group = [_HEAD], ""
    for right in TABLE:
        if right.group != group:
            group = right.group
            head = "| ação | nome | atendente | supervisão | administração |"
            lines += [f"\n## {group}\n", head, "|---|---|---|---|---|"]
        lines.append(f"| {right.label} | `{right.can}` | {' | '.join(in_words(right))} |")
    return "\n".join(lines) + "\n"
