"""The one spelling of a value, over which anyone may compute its digest or check a signature."""

import json
from typing import Final

_SPELLING: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


def canonical(value: object) -> bytes:
    """JSON in UTF-8 with sorted names, no white space between, and characters as they are."""
    return _SPELLING.encode(value).encode()
