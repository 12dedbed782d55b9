"""Makes a process take the loopback server for WhatsApp. Python loads this file only where its
folder is on PYTHONPATH, and it acts only when the proxy is on 127.0.0.1.

The client pins the root key that signs WhatsApp's servers; it occurs once in the writable data of
the loaded library and is replaced there right after loading, before anything connects.
"""

import importlib.abc
import importlib.util
import os
import sys
from urllib.parse import urlsplit

PINNED = bytes.fromhex("142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b")
TRIGGER = "neonize._binder"


def allowed() -> bool:
    proxy = urlsplit(os.environ.get("HTTPS_PROXY", "")).hostname
    root = os.environ.get("WA_LOOPBACK_ROOT", "")
    return proxy == "127.0.0.1" and len(root) == 64


class _AfterLoading(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):  # type: ignore[no-untyped-def]
        if name != TRIGGER:
            return None
        # Once, and before looking for the real one, which would find us again.
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def exec_module(module):  # type: ignore[no-untyped-def]
            execute(module)
            replace_root(bytes.fromhex(os.environ["WA_LOOPBACK_ROOT"]))

        spec.loader.exec_module = exec_module
        return spec


def replace_root(root: bytes) -> None:
    import ctypes

    for start, end in _writable_parts():
        # It occurs once in .data, which is writable and not RELRO; a copy in .rodata is no use.
        found = ctypes.string_at(start, end - start).find(PINNED)
        if found >= 0:
            ctypes.memmove(start + found, root, len(root))
            return
    raise RuntimeError("the pinned root key is not where it was: another neonize version?")


def _writable_parts() -> "list[tuple[int, int]]":
    parts = []
    with open("/proc/self/maps") as maps:
        for line in maps:
            span, rights = line.split()[:2]
            if "neonize-" in line and rights.startswith("rw"):
                start, end = span.split("-")
                parts.append((int(start, 16), int(end, 16)))
    return parts


if allowed():
    sys.meta_path.insert(0, _AfterLoading())
