"""A web process as in production, over the database of the benchmark that runs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings

from live.listen import where

ROOT = Path(__file__).resolve().parent.parent
START = 5.0


def start(port: int) -> subprocess.Popen[bytes]:
    """Start daphne and give it time. Without DEBUG, whose log of every query costs more than the
    query, and without a limit on requests."""
    known = where()
    login = f"{known.get('user', '')}:{known.get('password', '')}"
    host = str(known.get("host", "")).replace("/", "%2F")
    url = f"postgres://{login}@/{known['dbname']}?host={host}&port={known.get('port', '')}"
    environment = os.environ | {
        "DATABASE_URL": url,
        "DEBUG": "0",
        "HTTPS": "0",
        "SECRET_KEY": settings.SECRET_KEY,
        "ALLOWED_HOSTS": "127.0.0.1",
        "API_RATE": "1000000/min",
    }
    command = [sys.executable, "-m", "daphne", "-p", str(port), "-v", "0"]
    web = subprocess.Popen([*command, "painel.asgi:application"], env=environment, cwd=ROOT)
    time.sleep(START)
    return web
