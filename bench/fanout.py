"""A message's arrival to every agent's screen: latency and CPU, over real sockets to a real daphne.

    DEBUG=1 DATABASE_URL=postgres://… .venv/bin/python bench/fanout.py [seconds]

For 1, 50, 100 and 200 agents: messages enter through spool and inbox at a fixed rate, each agent's
socket takes the time at which the row with that message came. Prints p50 and p99 in milliseconds
and the web process's CPU for each delivery. Works in a database of its own.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "painel.settings")

import django

django.setup()

from django.test import Client as Browser
from django.test.utils import setup_databases, teardown_databases

from accounts.factories import AgentFactory
from bench.web import start
from live import announce
from whatsapp.gateway import codes
from whatsapp.models import Session
from whatsapp.tests import payloads
from whatsapp.worker import inbox
from whatsapp.worker.spool import Spool

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 10
CASES = ((1, 20), (50, 20), (100, 20), (200, 100))
PORT = 8799
CUSTOMERS = 40


async def listen(
    cookie: str, since: int, seen: list[float], ready: asyncio.Semaphore, case: int
) -> None:
    """One agent's page: says hello, then notes the age of each message when its row comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT, limit=1 << 22)
    key = base64.b64encode(os.urandom(16)).decode()
    head = (
        f"GET /ws/atendimento/ HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        f"Origin: http://127.0.0.1:{PORT}\r\nCookie: sessionid={cookie}\r\n\r\n"
    )
    writer.write(head.encode())
    await reader.readuntil(b"\r\n\r\n")
    hello = json.dumps({"tab": "pendentes", "since": str(since)}).encode()
    writer.write(bytes((0x81, 0x80 | len(hello))) + bytes(4) + hello)
    ready.release()
    while True:
        text = await frame(reader)
        now = time.time()
        seen.extend(now - float(at) for at in set(re.findall(rf"c{case}t=(\d+\.\d+)", text)))


async def frame(reader: asyncio.StreamReader) -> str:
    head = await reader.readexactly(2)
    size = head[1] & 127
    if size > 125:
        size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
    return (await reader.readexactly(size)).decode()


async def sockets(cookies: list[str], since: int, seen: list[float], end: float) -> None:
    ready, case = asyncio.Semaphore(0), len(cookies)
    tasks = [asyncio.create_task(listen(cookie, since, seen, ready, case)) for cookie in cookies]
    for _ in tasks:
        await ready.acquire()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.sleep(end)
    for task in tasks:
        task.cancel()


def main() -> None:
    if len(sys.argv) > 2 and sys.argv[2] == "agents":
        seen: list[float] = []
        cookies = json.loads(sys.stdin.readline())
        asyncio.run(sockets(cookies, int(sys.argv[3]), seen, SECONDS + 2))
        sys.stdout.write(json.dumps(seen))
        return
    old = setup_databases(verbosity=0, interactive=False)
    session = Session.objects.create(slug="bench", name="Bench")
    session.acquire("bench")
    web = start(PORT)
    cookies = [cookie() for _ in range(max(agents for agents, _ in CASES))]
    try:
        with tempfile.TemporaryDirectory() as folder:
            spool = Spool(Path(folder) / "spool.sqlite3")
            for agents, rate in CASES:
                measure(session, spool, web, cookies[:agents], rate)
    finally:
        web.kill()
        web.wait()
        teardown_databases(old, verbosity=0)


def cookie() -> str:
    browser = Browser()
    browser.force_login(AgentFactory())
    return browser.cookies["sessionid"].value


def measure(
    session: Session, spool: Spool, web: subprocess.Popen[bytes], cookies: list[str], rate: int
) -> None:
    command = [sys.executable, __file__, str(SECONDS), "agents", str(announce.cursor())]
    agents = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert agents.stdin
    assert agents.stdout
    agents.stdin.write(json.dumps(cookies) + "\n")
    agents.stdin.flush()
    agents.stdout.readline()
    time.sleep(1)
    before, sent = cpu(web.pid), feed(session, spool, rate, len(cookies))
    time.sleep(0.5)
    spent = cpu(web.pid) - before
    ages = sorted(json.loads(agents.communicate()[0]))
    p50, p99 = (ages[int(len(ages) * part)] * 1000 for part in (0.5, 0.99))
    got = len(ages) / (sent * len(cookies))
    print(
        f"{len(cookies):4} agents, {rate:3} msg/s: p50 {p50:6.1f} ms, p99 {p99:6.1f} ms,"
        f" {spent / len(ages) * 1000:.3f} ms CPU per delivery, {got:.0%} seen,"
        f" load {os.getloadavg()[0]:.1f}"
    )


def feed(session: Session, spool: Spool, rate: int, case: int) -> int:
    begun, sent = time.time(), 0
    while time.time() - begun < SECONDS - 2:
        chat = f"5{sent % CUSTOMERS:014}@lid"
        spool.append(
            codes.MESSAGE, payloads.message(chat, f"c{case}t={time.time():.6f}", name="Cliente")
        )
        inbox.drain(session, spool)
        sent += 1
        time.sleep(max(0, begun + sent / rate - time.time()))
    return sent


def cpu(pid: int) -> float:
    """Seconds of user and system time of a process so far."""
    values = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
