"""Entries as bytes: RFC 8785 canonical JSON of strings, booleans, null, integers, lists and objects."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from typing import Any

import orjson

from cds.errors import InvalidInput

# The integers every JSON reader agrees on (RFC 8785 counts in IEEE doubles).
_LARGEST = 2**53 - 1
# Deeper than any entry needs; keeps a hostile one from exhausting the stack.
_DEEPEST = 16
_SURROGATE = re.compile("[\ud800-\udfff]")


def canonical(value: Any) -> bytes:
    """The one way to write this value; floats and anything else without one exact form are refused."""
    return orjson.dumps(_ordered(value, depth=0), option=orjson.OPT_PASSTHROUGH_SUBCLASS)


def _ordered(value: Any, *, depth: int) -> Any:
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        if _SURROGATE.search(value):
            raise InvalidInput("An audit entry holds half a character.", code="entry_not_canonical")
        return str(value)  # an enumeration's member is written as its text
    if isinstance(value, int):
        if abs(value) > _LARGEST:
            raise InvalidInput("An audit entry holds an integer beyond 2^53.", code="entry_not_canonical")
        return int(value)
    if depth >= _DEEPEST:
        raise InvalidInput("An audit entry is nested too deeply.", code="entry_not_canonical")
    if isinstance(value, (list, tuple)):
        return [_ordered(item, depth=depth + 1) for item in value]
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise InvalidInput("An audit entry has a key that is no string.", code="entry_not_canonical")
        # RFC 8785 orders keys by UTF-16 code units, which is not code point order beyond the basic plane.
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return {_ordered(key, depth=depth): _ordered(value[key], depth=depth + 1) for key in keys}
    raise InvalidInput(
        f"An audit entry holds a {type(value).__name__}; use strings, integers, booleans and null.",
        code="entry_not_canonical",
    )


def commit_to(text: str) -> tuple[str, str]:
    """A fresh salt and the commitment to this text under it; without the salt the commitment says nothing."""
    salt = secrets.token_hex(32)
    return salt, commitment(salt, text)


def commitment(salt: str, text: str) -> str:
    """What an entry says of a text that is kept beside the log."""
    return hmac.new(bytes.fromhex(salt), text.encode("utf-8"), hashlib.sha256).hexdigest()
