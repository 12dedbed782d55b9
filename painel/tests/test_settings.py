from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import call_command

GOOD = {
    "DEBUG": "0",
    "SECRET_KEY": "Zk3v9!qLw82_mPz0rT6yXc4vB1nM7jH5gF2dS8aQwErTyUiOp-3kd8s7",
    "ALLOWED_HOSTS": "painel.example.com",
    "PUBLIC_URL": "https://painel.example.com",
}


def _check(environment: dict[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    names = {"SECRET_KEY", "ALLOWED_HOSTS", "DEBUG"}
    bare = {key: value for key, value in os.environ.items() if key not in names}
    return subprocess.run(
        [sys.executable, "manage.py", "check", *args],
        cwd=settings.BASE_DIR,
        env={**bare, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_production_settings_pass_the_deploy_check() -> None:
    done = _check(GOOD, "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"DEBUG": "talvez"}, "DEBUG"),
        ({"LEASE_SECONDS": "-1"}, "LEASE_SECONDS"),
        ({"DATABASE_URL": "sqlite:///x"}, "DATABASE_URL"),
        ({"SEND_GAP_MIN_SECONDS": "9"}, "SEND_GAP_MIN_SECONDS"),
        ({"NUM_PROXIES": "um"}, "NUM_PROXIES"),
    ],
)
def test_nonsense_stops_the_start_with_its_name(wrong: dict[str, str], named: str) -> None:
    done = _check({**GOOD, **wrong})
    assert done.returncode != 0
    assert named in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_vendored_scripts_are_the_published_ones() -> None:
    folder = settings.BASE_DIR / "static/vendor"
    for line in (folder / "vendor.sha256").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
