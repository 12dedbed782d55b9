"""The override that makes a process take the loopback for WhatsApp is never active elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings

from loopback.server import TRUST

pytestmark = pytest.mark.loopback

COUNT = """
import ctypes, pylibmagic, neonize._binder
pinned = bytes.fromhex("142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b")
found = 0
for line in open("/proc/self/maps"):
    span, rights = line.split()[:2]
    if "neonize-" in line and rights.startswith("rw"):
        start, end = (int(part, 16) for part in span.split("-"))
        found += ctypes.string_at(start, end - start).count(pinned)
print("pinned", found)
"""
ROOT = "ab" * 32


@pytest.mark.parametrize(
    ("environment", "pinned"),
    [
        ({}, 1),
        ({"WA_LOOPBACK_ROOT": ROOT, "HTTPS_PROXY": "http://127.0.0.1:9"}, 1),
        ({"PYTHONPATH": str(TRUST)}, 1),
        ({"PYTHONPATH": str(TRUST), "WA_LOOPBACK_ROOT": ROOT}, 1),
        (
            {
                "PYTHONPATH": str(TRUST),
                "WA_LOOPBACK_ROOT": ROOT,
                "HTTPS_PROXY": "http://10.0.0.1:9",
            },
            1,
        ),
        (
            {
                "PYTHONPATH": str(TRUST),
                "WA_LOOPBACK_ROOT": ROOT,
                "HTTPS_PROXY": "http://127.0.0.1:9",
            },
            0,
        ),
    ],
    ids=["bare", "no-path", "path-only", "no-proxy", "other-host", "loopback"],
)
def test_root_key_is_replaced_only_in_a_loopback_run(
    environment: dict[str, str], pinned: int
) -> None:
    names = ("PYTHONPATH", "WA_LOOPBACK_ROOT", "HTTPS_PROXY")
    bare = {key: value for key, value in os.environ.items() if key not in names}
    done = subprocess.run(
        [sys.executable, "-c", COUNT],
        env={**bare, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert f"pinned {pinned}" in done.stdout


def test_nothing_in_the_product_imports_the_override() -> None:
    for file in settings.BASE_DIR.glob("*/**/*.py"):
        if "loopback" not in file.parts and ".venv" not in file.parts:
            assert "sitecustomize" not in file.read_text(), file
