"""The only room that speaks to neonize. Importing it wants a libmagic on the machine; the wheel
brings one along, if it comes first."""

import pylibmagic  # noqa: F401
