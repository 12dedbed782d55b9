"""Where PostgreSQL is: at DATABASE_URL, or a server of our own (`embedded`)."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from painel.embedded import Embedded


def connection_settings(url: str, var_dir: Path) -> dict[str, object]:
    """Return DATABASES["default"] for *url*, or for the embedded server of *var_dir* when it is
    empty. Starts nothing. Raises ImproperlyConfigured (pt-BR) for a URL that makes no sense."""
    url = url or Embedded(var_dir / "postgres").url
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured("DATABASE_URL precisa começar com postgres://")
    if not parts.path.strip("/"):
        raise ImproperlyConfigured("DATABASE_URL precisa dizer o nome do banco depois da barra.")
    # libpq's own parameters: sslmode and the like go through as they are.
    query = dict(parse_qsl(parts.query))
    try:
        port = str(parts.port or query.pop("port", ""))
    except ValueError as error:
        raise ImproperlyConfigured("A porta em DATABASE_URL não é um número válido.") from error
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": port,
        "OPTIONS": {"connect_timeout": 5, "application_name": "painel", **_alive(), **query},
    }


def _alive() -> dict[str, int]:
    """Notice a server that vanished within seconds (libpq's TCP keepalive settings)."""
    return {
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
    }


def ensure_running(var_dir: Path) -> bool:
    """Start the embedded server if nobody named another; True when this call started it."""
    if os.environ.get("DATABASE_URL"):
        return False
    return Embedded(var_dir / "postgres").start()
