"""What the log's lines show; imported before the apps are loaded."""

from __future__ import annotations

import logging

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http.multipartparser import MultiPartParserError

from live.outage import AWAY

# What is answered with a page of its own needs no traceback: nothing of ours failed.
REFUSED = (BadRequest, MultiPartParserError, PermissionDenied, SuspiciousOperation)
EXPECTED = (*AWAY, *REFUSED)


class WithoutTraceback(logging.Filter):
    """A request that PostgreSQL did not answer, or that was refused, is one line in the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], EXPECTED):
            reason = str(record.exc_info[1]).strip().partition("\n")[0]
            if reason not in (message := record.getMessage()):
                message = f"{message}: {reason}"
            record.msg, record.args = message, ()
            # Both: a handler before us may have rendered the traceback already.
            record.exc_info = record.exc_text = None
        return True


class WithOccurrence(logging.Filter):
    """The line of a request that failed carries the number that its page shows."""

    def filter(self, record: logging.LogRecord) -> bool:
        occurrence = getattr(getattr(record, "request", None), "occurrence", None)
        if occurrence and occurrence not in record.getMessage():
            record.msg, record.args = f"{record.getMessage()} (ocorrência {occurrence})", ()
        return True
