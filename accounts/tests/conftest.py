from __future__ import annotations

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _no_requests_so_far() -> None:
    """The API's throttles count in the cache of the process, which outlives a test."""
    cache.clear()
