"""Arrays as PostgreSQL reads them in one text (its manual, "Array Input and Output Syntax").

Of each item of an array the driver asks whether it is an array itself, by an abstract base class:
that was most of what sending a batch cost, all in one turn of the event loop. Texts go as they are.
"""

from collections.abc import Iterable
from datetime import datetime

NULL = "NULL"


def words(items: Iterable[str]) -> str:
    """Write items that need no quotes, nor are ever `null`: UUIDs, and names of ours."""
    return _array(items)


def numbers(items: Iterable[int | None]) -> str:
    """Write integers."""
    return _array(NULL if item is None else str(item) for item in items)


def times(items: Iterable[datetime | None]) -> str:
    """Write times that know their zone."""
    return _array(NULL if item is None else item.isoformat() for item in items)


def texts(items: Iterable[str | None]) -> str:
    """Write whatever text there is."""
    return _array(NULL if item is None else _quoted(item) for item in items)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _array(items: Iterable[str]) -> str:
    return f"{{{','.join(items)}}}"
