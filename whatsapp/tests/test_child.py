from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

from whatsapp.worker.child import Child
from whatsapp.worker.supervisor import child_environment

SLEEP = "import time; time.sleep(60)"
DEAF = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    " print('ready', flush=True); time.sleep(60)"
)
PARENT = """
import sys
from whatsapp.worker.child import Child
child = Child("sleeper", [sys.executable, "-c", "import time; time.sleep(60)"])
child.start()
print(child.pid, flush=True)
import time; time.sleep(60)
"""


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_child_ends_when_it_is_asked_to() -> None:
    child = Child("sleeper", [sys.executable, "-c", SLEEP])
    assert (child.running, child.code) == (False, None)
    child.start()
    assert child.running
    child.terminate()
    assert child.wait(10)
    assert (child.running, child.code) == (False, -signal.SIGTERM)


def test_a_child_that_does_not_listen_is_killed(capfd: pytest.CaptureFixture[str]) -> None:
    child = Child("deaf", [sys.executable, "-c", DEAF], grace=0.2)
    child.start()
    while "ready" not in capfd.readouterr().out:
        time.sleep(0.05)
    child.terminate()
    assert not child.wait()
    child.kill()
    assert child.code == -signal.SIGKILL


def test_a_child_starts_again_after_its_end() -> None:
    child = Child("short", [sys.executable, "-c", "import os; os._exit(3)"])
    child.start()
    assert child.wait()
    assert child.code == 3
    child.start()
    assert child.wait()


def test_a_child_has_our_environment_and_its_own() -> None:
    check = (
        "import os; os._exit(int(os.environ['NEONIZE_BOT_TAG'] != 'off' or not os.environ['PATH']))"
    )
    child = Child("environment", [sys.executable, "-c", check], child_environment())
    child.start()
    assert child.wait()
    assert child.code == 0


def test_a_child_ends_with_its_parent_however_that_dies() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=settings.BASE_DIR, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert not _gone(child)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    until = time.monotonic() + 10
    while not _gone(child) and time.monotonic() < until:
        time.sleep(0.05)
    assert _gone(child)
