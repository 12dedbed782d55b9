"""neonize with nothing of ours around it, in a process of its own, driven line by line.

Run as a script it is that process: JSON commands on stdin, JSON events on the descriptor named in
argv (stdout is neonize's own chatter). `RawClient` is the test's end of it.
"""

from __future__ import annotations

import base64
import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from loopback.phones import Company
from loopback.server import LoopbackServer


class RawClient:
    """A linked device of *company*, its keys in *folder*."""

    def __init__(self, server: LoopbackServer, company: Company, folder: Path) -> None:
        self.server, self.company, self.folder = server, company, folder
        self.events: list[dict[str, Any]] = []
        self._answers: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.start()

    def start(self) -> None:
        """Start the process; pair by QR when *folder* has no keys yet."""
        read, write = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(self.folder / "raw.sqlite3"), str(write)],
            env={**os.environ, **self.server.environment()},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "raw.log").open("ab"),
            pass_fds=[write],
        )
        os.close(write)
        threading.Thread(target=self._listen, args=[read], daemon=True).start()
        self.until("connected")

    def _listen(self, descriptor: int) -> None:
        with os.fdopen(descriptor) as lines:
            for line in lines:
                event = json.loads(line)
                if event["event"] == "qr":
                    self.server.scan(self.company, event["text"])
                elif event["event"] == "answer":
                    self._answers.put(event)
                else:
                    self.events.append(event)

    def until(self, kind: str, seconds: float = 20, **wanted: Any) -> dict[str, Any]:
        """The first event of *kind* with these values."""

        def found() -> dict[str, Any] | None:
            for event in self.events:
                if event["event"] == kind and wanted.items() <= event.items():
                    return event
            return None

        try:
            return self.server.wait(found, seconds) or {}
        except TimeoutError:
            log = (self.folder / "raw.log").read_text()[-3000:]
            raise AssertionError(f"no {kind} {wanted} in {self.events}\n{log}") from None

    def ask(self, what: str, **values: Any) -> Any:
        """Call one of the commands below. Raises RuntimeError with neonize's error."""
        assert self.process.stdin is not None
        line = json.dumps({"what": what, **values}) + "\n"
        self.process.stdin.write(line.encode())
        self.process.stdin.flush()
        answer = self._answers.get(timeout=30)
        if answer.get("error"):
            raise RuntimeError(answer["error"])
        return answer.get("value")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.events.clear()


def packed(data: bytes) -> str:
    return base64.b64encode(data).decode()


def unpacked(text: str) -> bytes:
    return base64.b64decode(text)


def _main(store: str, descriptor: int) -> None:
    import pylibmagic  # noqa: F401
    from neonize.client import NewClient
    from neonize.events import (
        ConnectedEv,
        HistorySyncEv,
        MessageEv,
        UndecryptableMessageEv,
    )
    from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message
    from neonize.utils.enum import MediaType, Presence
    from neonize.utils.jid import build_jid

    out = os.fdopen(descriptor, "w", buffering=1)
    lock = threading.Lock()
    client = NewClient(store, uuid="raw")

    def tell(event: str, **values: Any) -> None:
        with lock:
            out.write(json.dumps({"event": event, **values}) + "\n")

    def on_message(_: Any, event: Any) -> None:
        source = event.Info.MessageSource
        tell(
            "message",
            id=event.Info.ID,
            chat=f"{source.Chat.User}@{source.Chat.Server}",
            group=source.IsGroup,
            category=event.Info.Category,
            kind=event.Info.MediaType,
            text=event.Message.conversation or event.Message.extendedTextMessage.text,
            raw=packed(event.Message.SerializeToString()),
            retries=event.RetryCount,
        )

    client.event.qr(lambda _, text: tell("qr", text=text.decode()))
    client.event(ConnectedEv)(lambda *_: tell("connected"))
    client.event(MessageEv)(on_message)
    client.event(UndecryptableMessageEv)(lambda _, e: tell("undecryptable", id=e.Info.ID))
    client.event(HistorySyncEv)(
        lambda _, e: tell("history", chats=[one.ID for one in e.Data.conversations])
    )

    def message(wanted: dict[str, Any]) -> Any:
        return Message.FromString(unpacked(wanted["message"]))

    def upload(wanted: dict[str, Any]) -> dict[str, Any]:
        kind = getattr(MediaType, f"Media{wanted['kind'].capitalize()}")
        done = client.upload(unpacked(wanted["data"]), kind)
        return {
            "url": done.url,
            "path": done.DirectPath,
            "key": packed(done.MediaKey),
            "sha": packed(done.FileSHA256),
            "enc_sha": packed(done.FileEncSHA256),
            "size": done.FileLength,
        }

    def send(wanted: dict[str, Any]) -> str:
        jid = build_jid(*wanted["to"].split("@"))
        return str(client.send_message(jid, message(wanted)).ID)

    commands = {
        "name": lambda _: client.get_me().PushName,
        "rename": lambda wanted: client.set_profile_name(wanted["name"]),
        "presence": lambda wanted: client.send_presence(getattr(Presence, wanted["state"])),
        "download": lambda wanted: packed(client.download_any(message(wanted))),
        "upload": upload,
        "send": send,
    }

    def obey() -> None:
        for line in sys.stdin:
            wanted = json.loads(line)
            try:
                value = commands[wanted["what"]](wanted)
                tell("answer", value=value if isinstance(value, (str, dict)) else None)
            except Exception as error:  # noqa: BLE001
                tell("answer", error=f"{type(error).__name__}: {error}")
        os._exit(0)

    threading.Thread(target=obey, daemon=True).start()
    client.connect()


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]))
