"""Loaded by pytest before the settings: tests get a PostgreSQL of their own, without fsync, unless
DATABASE_URL names one."""

import atexit
import os
from pathlib import Path

from painel.embedded import Embedded

os.environ.setdefault("DEBUG", "1")
# Sending at a human pace is for people; tests wait for nothing they do not test.
os.environ.setdefault("SEND_GAP_MIN_SECONDS", "0")
os.environ.setdefault("SEND_GAP_MAX_SECONDS", "0")

if not os.environ.get("DATABASE_URL"):
    _server = Embedded(Path(__file__).resolve().parent.parent / "var/postgres-test", durable=False)
    if _server.start():
        atexit.register(_server.stop)
    os.environ["DATABASE_URL"] = _server.url
