"""What arrived and is not in PostgreSQL yet: an SQLite file beside the number's key store.

neonize settles a message with WhatsApp before Python has run, so the only safe place is the
nearest one. `append` is called inside the callback and takes well under a millisecond; the inbox
reads from the head and forgets what PostgreSQL has committed.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

# AUTOINCREMENT: a spool that was emptied must not count from 1 again, since (spool, seq) names an
# arrival for ever.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS spool (id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS arrival (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, code INTEGER NOT NULL, at REAL NOT NULL,
    payload BLOB NOT NULL);
"""


@dataclass(frozen=True)
class Spooled:
    """One arrival: `seq` grows by one, `code` is neonize's event code, `at` is unix seconds."""

    seq: int
    code: int
    at: float
    payload: bytes


class Spool:
    """A durable queue in one file; safe for one writer and one reader thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Two connections: in WAL the inbox reads without making the callback wait.
        self._writer, self._reader = _open(path), _open(path)
        self._wal = path.with_name(path.name + "-wal")
        # Made with the umask, and full of what customers write.
        path.chmod(0o600)
        self._lock = threading.Lock()
        self.arrived = threading.Event()
        self.id = self._identity()
        self.last_at: float | None = None

    def _identity(self) -> uuid.UUID:
        """A name for this file, so that a spool made anew never repeats an old (spool, seq)."""
        self._writer.executescript(_SCHEMA)
        if row := self._writer.execute("SELECT id FROM spool").fetchone():
            return uuid.UUID(row[0])
        fresh = uuid.uuid4()
        self._writer.execute("INSERT INTO spool VALUES (?)", [str(fresh)])
        return fresh

    def append(self, code: int, payload: bytes) -> None:
        """Keep one arrival; when this returns, it survives the death of the process."""
        now = time.time()
        with self._lock:
            self._writer.execute(
                "INSERT INTO arrival (code, at, payload) VALUES (?, ?, ?)", [code, now, payload]
            )
        self.last_at = now
        self.arrived.set()

    def head(self, limit: int) -> list[Spooled]:
        """The oldest *limit* arrivals, in order."""
        sql = "SELECT seq, code, at, payload FROM arrival ORDER BY seq LIMIT ?"
        return [Spooled(*row) for row in self._reader.execute(sql, [limit])]

    def forget(self, upto: int) -> None:
        """Drop everything up to and including seq *upto*."""
        with self._lock:
            self._writer.execute("DELETE FROM arrival WHERE seq <= ?", [upto])

    def sync(self) -> None:
        """Force what was appended to the disk; for when PostgreSQL, which normally has it within
        milliseconds, is away."""
        with self._lock, open(self._wal, "rb") as wal:
            os.fsync(wal.fileno())

    def depth(self) -> int:
        with self._lock:
            return int(self._writer.execute("SELECT count(*) FROM arrival").fetchone()[0])

    def close(self) -> None:
        with self._lock:
            self._writer.close()
            self._reader.close()


def _open(path: Path) -> sqlite3.Connection:
    # No isolation level is autocommit: each append is a transaction of its own.
    connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    # NORMAL survives kill -9. An fsync per message would make the callback slower than a burst, and
    # up to a hundred messages at risk; `sync` hardens the file where PostgreSQL cannot.
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection
