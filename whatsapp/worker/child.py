"""A process of ours under another one: started, ended with grace, and never left behind."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence

# Loaded here: between fork and exec a library must not be looked for.
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


class Child:
    """One process: *command* with *environment* besides ours, and *grace* seconds to end in.

    It gets SIGTERM when the thread that started it ends, however that happens; so start it on one
    that lives as long as the process. *quiet* discards what it writes to stdout.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        grace: float = 10.0,
        *,
        quiet: bool = False,
    ) -> None:
        self.name, self.command, self.grace = name, list(command), grace
        self.environment = dict(environment or {})
        self.quiet = quiet
        self.started = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or start it again after it has ended."""
        # A session of its own, so that the terminal's Ctrl-C reaches only us.
        self._process = subprocess.Popen(
            self.command,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if self.quiet else None,
            start_new_session=True,
            preexec_fn=_die_with(os.getpid()),
        )
        self.started = time.monotonic()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def code(self) -> int | None:
        """The exit code (negative: the signal that killed it), None before it has ended."""
        return self._process.poll() if self._process else None

    @property
    def lived(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self.started

    def terminate(self) -> None:
        """Ask it to end; does nothing when it has."""
        if self._process and self.running:
            self._process.terminate()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for its end, by default for its grace; False when it still runs then."""
        if self._process is None:
            return True
        try:
            self._process.wait(self.grace if seconds is None else seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """End it at once and wait until it is gone."""
        if self._process and self.running:
            self._process.kill()
            self._process.wait()


def _die_with(parent: int) -> Callable[[], None]:
    def prepare() -> None:
        # Between fork and exec: system calls only, no import and no lock.
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)  # it died before we asked to be told

    return prepare
