"""What each process loads: the web no neonize, and nobody neonize before the libmagic it needs."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings

WEB = """
import django, sys
django.setup()
import painel.asgi
from django.urls import get_resolver
get_resolver().url_patterns
assert not [name for name in sys.modules if name.startswith(("neonize", "magic"))]
"""
# A machine without libmagic: python-magic finds only what was brought along before it.
ORDER = """
import builtins, django, sys
real = builtins.__import__
def watched(name, *args, **kwargs):
    assert name != "magic" or "pylibmagic" in sys.modules, "magic before pylibmagic"
    return real(name, *args, **kwargs)
builtins.__import__ = watched
django.setup()
import {module}
assert "magic" in sys.modules
"""


def _run(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "painel.settings"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_web_process_never_loads_neonize() -> None:
    _run(WEB)


@pytest.mark.parametrize(
    "module",
    ["whatsapp.gateway.translate", "whatsapp.worker.process", "loopback.server", "painel.demo"],
)
def test_libmagic_is_brought_along_before_neonize_asks_for_it(module: str) -> None:
    _run(ORDER.format(module=module))
