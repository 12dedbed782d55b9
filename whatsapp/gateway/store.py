"""The key store of a number: where it is, and the two questions only it can answer.

Tables are whatsmeow's own (its sqlstore schema): `whatsmeow_device` has a row while the number is
linked; `whatsmeow_message_secrets` gets one before a message that carries a secret goes out.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from psycopg.sql import SQL, Identifier


class Store:
    """The store of the number with primary key *number*."""

    def __init__(self, number: int) -> None:
        self.folder = Path(settings.NUMBERS_DIR) / str(number)
        self.schema = f"number_{number}"
        self.url = self._url(settings.WHATSAPP_STORE_URL)
        self.file = self.folder / "keys.sqlite3"

    def _url(self, base: str) -> str:
        """Each number has a schema of its own, so that the first device in it is its device."""
        if not base:
            return ""
        return f"{base}{'&' if '?' in base else '?'}search_path={self.schema}"

    @property
    def dsn(self) -> str:
        """What neonize takes as its name. The suffix swallows what neonize appends."""
        if self.url:
            return self.url
        # WAL, because `message_id` reads while neonize writes; its default is a rollback journal.
        return f"{self.file}?_foreign_keys=on&_journal_mode=WAL&_busy_timeout=10000&_x="

    def prepare(self) -> None:
        """Make the folder, and the file before neonize does, since it would be world-readable."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.url:
            with psycopg.connect(settings.WHATSAPP_STORE_URL) as pg:
                pg.execute(SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Identifier(self.schema)))
            return
        os.close(os.open(self.file, os.O_CREAT | os.O_RDWR, 0o600))

    def here(self) -> bool:
        """Whether this host has, or can reach, the place of the keys; they may be empty."""
        return bool(self.url) or self.file.exists()

    def linked(self) -> bool:
        """Whether a device is stored. Without one connect() would abort the process, or show a
        QR that nothing can stop."""
        return bool(self._rows("SELECT jid FROM whatsmeow_device"))

    def message_id(self, secret: bytes) -> str | None:
        """The id whatsmeow gave to the message with this secret, None when it never left."""
        mark = "%s" if self.url else "?"
        rows = self._rows(
            f"SELECT message_id FROM whatsmeow_message_secrets WHERE key = {mark}", [secret]
        )
        return str(rows[0][0]) if rows else None

    def erase(self) -> None:
        """Forget the keys of an unlinked number, so that the next pairing starts clean."""
        if self.url:
            with psycopg.connect(settings.WHATSAPP_STORE_URL) as pg:
                drop = SQL("DROP SCHEMA IF EXISTS {} CASCADE")
                pg.execute(drop.format(Identifier(self.schema)))
            return
        # All three: a WAL that stays behind would be read into the next pairing's store.
        for suffix in ("", "-wal", "-shm"):
            self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)

    def _rows(self, sql: str, params: list[Any] | None = None) -> list[tuple[Any, ...]]:
        try:
            if self.url:
                with psycopg.connect(settings.WHATSAPP_STORE_URL) as pg:
                    pg.execute("SELECT set_config('search_path', %s, false)", [self.schema])
                    return pg.execute(sql, params).fetchall()
            if not self.file.exists():
                return []
            with closing(sqlite3.connect(self.file, timeout=30)) as lite:
                return lite.execute(sql, params or []).fetchall()
        except (sqlite3.OperationalError, psycopg.errors.UndefinedTable) as error:
            # Nothing was ever paired here: whatsmeow makes its tables when it first connects.
            if "no such table" in str(error) or isinstance(error, psycopg.Error):
                return []
            raise
