from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from django.conf import settings

IMPORT = re.compile(r"""(?m)^(?:import|export)\b[^;]*?["'](\./[^"']+)["'];""")
PAGES = ("desk", "numbers", "theme", "settings", "password", "retry")
ENTRIES = tuple(f"js/{page}.js" for page in PAGES)


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The static files as production has them."""
    folder = tmp_path_factory.mktemp("static")
    environment = {
        "SECRET_KEY": settings.SECRET_KEY,
        "DEBUG": "0",
        "PAINEL_VAR": str(folder),
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
    }
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v", "0"]
    subprocess.run(command, cwd=settings.BASE_DIR, env=os.environ | environment, check=True)
    return folder / "static"


def test_hashed_modules_import_hashed_modules(collected: Path) -> None:
    names = json.loads((collected / "staticfiles.json").read_text())["paths"]
    hashed = set(names.values())
    waiting, seen = [names[entry] for entry in ENTRIES], set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        assert name in hashed
        found = IMPORT.findall((collected / name).read_text())
        waiting += [f"js/{one.removeprefix('./')}" for one in found if f"js/{one[2:]}" not in seen]
    ours = {name for plain, name in names.items() if plain.startswith("js/")}
    assert seen == ours, "a module that no page loads, or one under its plain name"


def test_modules_import_in_no_circle() -> None:
    files = sorted((settings.BASE_DIR / "static/js").glob("*.js"))
    graph = {file.name: IMPORT.findall(file.read_text()) for file in files}
    order = TopologicalSorter({name: [one[2:] for one in found] for name, found in graph.items()})
    assert set(order.static_order()) == set(graph)
