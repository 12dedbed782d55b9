#!/usr/bin/env python
import os
import sys
from importlib import import_module
from pathlib import Path


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "painel.settings")
    from django.core.management import execute_from_command_line

    # In this order: the settings read the password that the first start makes.
    _start_database()
    _check_settings()
    execute_from_command_line(sys.argv)


def _check_settings() -> None:
    """A setting that is missing or makes no sense is one line, not a traceback."""
    from django.core.exceptions import ImproperlyConfigured
    from environs import EnvError

    try:
        import_module(os.environ["DJANGO_SETTINGS_MODULE"])
    except (ImproperlyConfigured, EnvError) as error:
        sys.exit(f"Configuração: {error}")


def _start_database() -> None:
    """Without DATABASE_URL, the embedded server answers from the first command on."""
    from environs import Env

    from painel.database import ensure_running

    env = Env()
    base = Path(__file__).resolve().parent
    if (base / ".env").exists():
        env.read_env(str(base / ".env"), override=False)
    if ensure_running(Path(env.str("PAINEL_VAR", default=str(base / "var")))):
        sys.stderr.write("PostgreSQL embutido iniciado.\n")


if __name__ == "__main__":
    main()
