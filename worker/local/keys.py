"""A key, known to everybody, for what demo, tests and measurements encrypt on their own servers."""

import os
from typing import Final

LOCAL_KEY: Final = "bm90LXNlY3JldC1mb3ItbG9jYWwtc2VydmVycy1vbmw="


def use_local_key() -> None:
    """Let this process and those it starts use it, where none is given."""
    os.environ.setdefault("VENUE_SECRET_KEYS", LOCAL_KEY)
