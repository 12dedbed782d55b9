from pathlib import Path
from urllib.parse import unquote, urlsplit


def connection_settings(url: str, var_dir: Path) -> dict[str, object]:
    parts = urlsplit(url or "postgres://root@127.0.0.1:5432/test")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
    }
