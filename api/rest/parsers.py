"""What a body may be: JSON of at most 64 KB, and an object."""

import io
from typing import IO, Any

from rest_framework import exceptions
from rest_framework.parsers import JSONParser

LIMIT = 64 * 1024


class TooLarge(exceptions.APIException):
    status_code = 413


class SmallJSONParser(JSONParser):
    def parse(self, stream: IO[Any], *told: Any, **more: Any) -> dict[str, Any]:
        body = stream.read(LIMIT + 1)  # whatever Content-Length claims
        if len(body) > LIMIT:
            raise TooLarge
        try:
            data = super().parse(io.BytesIO(body), *told, **more)
        except RecursionError as error:  # brackets in brackets, a thousand deep
            raise exceptions.ParseError from error
        if not isinstance(data, dict):
            raise exceptions.ParseError
        return data
