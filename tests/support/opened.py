"""What the worker keeps sealed, opened by the library itself."""

import os

from cryptography.fernet import Fernet


def opened(token: bytes) -> bytes:
    """Return what is in a token sealed with the first key of the settings."""
    return Fernet(os.environ["VENUE_SECRET_KEYS"].split(",")[0]).decrypt(token)
