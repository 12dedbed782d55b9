"""Lines of CSV that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO

# A cell that begins so is a formula to Excel, LibreOffice and Google Sheets.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def line(cells: Iterable[object]) -> str:
    """*cells* as one line, parted by semicolons as Excel in Portuguese reads it."""
    buffer = StringIO()
    csv.writer(buffer, delimiter=";").writerow([_safe(str(cell)) for cell in cells])
    return buffer.getvalue()


def _safe(cell: str) -> str:
    # Also after spaces, which importers strip. The apostrophe is how a spreadsheet marks text.
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell
