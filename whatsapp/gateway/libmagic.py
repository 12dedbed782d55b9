"""neonize imports python-magic, which needs libmagic at import; the wheel brings one along."""

import pylibmagic  # noqa: F401
