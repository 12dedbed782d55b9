"""How the house is built, in numbers: files, functions, comments, broad excepts, template lines,
and which existing files a new live fact (an internal note, say) would have to touch.

    python bench/house.py
"""

from __future__ import annotations

import ast
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("painel", "api", "atendimento", "whatsapp", "clients", "accounts", "live", "loopback")
BROAD = re.compile(r"^\s*except(?: \(?(?:Base)?Exception\b.*)?:", re.M)

# Where a fact of a new kind is entered by hand, and what proves that the list is still there.
# Everything else of it (model, verb, pane, template, view) is a file of its own.
REGISTERS = {
    "live/models.py": "class ChangeKind",
    "atendimento/live/panes/__init__.py": "PANES",
    "atendimento/urls.py": "urlpatterns",
}


def sources(room: str) -> Iterator[Path]:
    for path in sorted((ROOT / room).rglob("*.py")):
        if "migrations" not in path.parts and "tests" not in path.parts:
            yield path


def comments(path: Path) -> int:
    with path.open("rb") as file:
        tokens = tokenize.tokenize(file.readline)
        return sum(token.type == tokenize.COMMENT for token in tokens)


def functions(path: Path) -> Iterator[tuple[int, str]]:
    """(lines, place) of each function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield lines, f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"


def spread(values: list[int]) -> str:
    tenths = quantiles(values, n=10) if len(values) > 1 else [values[0]] * 9
    return f"{median(values):.0f}/{tenths[8]:.0f}/{max(values)}"


def report(name: str, files: list[Path]) -> None:
    lines = {path: len(path.read_text().splitlines()) for path in files}
    found = [one for path in files for one in functions(path)]
    total = sum(lines.values())
    said = sum(map(comments, files))
    broad = sum(len(BROAD.findall(path.read_text())) for path in files)
    print(
        f"{name:<12} {len(files):4} files {total:6} lines  file {spread([*lines.values()]):>11}"
        f"  function {spread([size for size, _ in found]):>9}"
        f"  comments/100 {said * 100 / total:4.1f}  broad excepts {broad}"
    )


def templates() -> None:
    longest = max(
        (len(line), f"{path.relative_to(ROOT)}:{number}")
        for path in (ROOT / "templates").rglob("*.html")
        for number, line in enumerate(path.read_text().splitlines(), 1)
    )
    print(f"templates    longest line {longest[0]} characters, {longest[1]}")


def touched_by_a_new_fact() -> list[str]:
    missing = [
        path
        for path, mark in REGISTERS.items()
        if not (ROOT / path).exists() or mark not in (ROOT / path).read_text()
    ]
    if missing:
        sys.exit(f"no longer a register: {missing}")
    return list(REGISTERS)


def main() -> None:
    print("median/p90/max of lines")
    for room in ROOMS:
        report(room, list(sources(room)))
    everything = [path for room in ROOMS for path in sources(room)]
    report("all", everything)
    longest = sorted((one for path in everything for one in functions(path)), reverse=True)[:5]
    print("longest      " + "; ".join(f"{place} {size}" for size, place in longest))
    templates()
    files = touched_by_a_new_fact()
    print(f"a new fact (internal note) touches {len(files)} existing files: {', '.join(files)}")


if __name__ == "__main__":
    main()
