from __future__ import annotations

import os
import shutil

import pytest


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Debian's chromium. Without one the browser tests are skipped, unless
    REQUIRE_BROWSER says that they may not be."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path:
        return path
    reason = "chromium não encontrado: apt-get install chromium"
    if os.environ.get("REQUIRE_BROWSER"):
        pytest.fail(reason)
    pytest.skip(reason)
