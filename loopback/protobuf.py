"""The two protobuf messages of libsignal by hand: varints and bytes, keyed by field number."""

from __future__ import annotations


def packed(values: dict[int, int | bytes]) -> bytes:
    out = bytearray()
    for number, value in values.items():
        if isinstance(value, int):
            # Wire type 0 is a varint, 2 is bytes with their length in front.
            out += _varint(number << 3) + _varint(value)
        else:
            out += _varint(number << 3 | 2) + _varint(len(value)) + value
    return bytes(out)


def fields(data: bytes) -> dict[int, int | bytes]:
    """Return {field number: value} of a message of varints and bytes. Raises ValueError."""
    out: dict[int, int | bytes] = {}
    at = 0
    while at < len(data):
        key, at = _read(data, at)
        value, at = _read(data, at)
        if key & 7 == 0:
            out[key >> 3] = value
        elif key & 7 == 2:
            out[key >> 3] = data[at : at + value]
            at += value
        else:
            raise ValueError(f"wire type {key & 7}")
    return out


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data):
            raise ValueError("message ends too early")
        byte = data[at]
        value |= (byte & 127) << shift
        shift, at = shift + 7, at + 1
        if byte < 128:
            return value, at
