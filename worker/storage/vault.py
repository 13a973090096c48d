"""Encryption of what nobody is to read in the database: credentials, and bodies kept whole.

Fernet (AES-128-CBC with HMAC-SHA256) under the keys of `VENUE_SECRET_KEYS`: the first seals, all
open. What is sealed is compared by an HMAC whose key is made once and kept in the table
`secret_key`, sealed: so hashes stay what they are when the keys rotate.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken
from pydantic import SecretStr

from worker.domain.sealed import Sealed
from worker.errors import OperatorError
from worker.storage.connection import Connection
from worker.storage.database import Database
from worker.storage.queries import queries

NO_KEYS = (
    "VENUE_SECRET_KEYS is not set: credentials and kept commands are encrypted with it; "
    "`venue-worker secrets new` prints a key"
)
HASH_KEY_BYTES = 32


class Vault:
    """Seals, opens and compares.

    Attributes:
        key_id: the key that seals now.
    """

    def __init__(self, keys: Sequence[SecretStr], hash_key: bytes | None = None) -> None:
        if not keys:
            raise OperatorError(NO_KEYS)
        texts = [key.get_secret_value() for key in keys]
        self._keys = {key_id(text): Fernet(text) for text in texts}
        self.key_id = key_id(texts[0])
        self._hash_key = hash_key

    @property
    def key_ids(self) -> list[str]:
        """Every key that can open."""
        return list(self._keys)

    async def ready(self, database: Database) -> None:
        """Read the key of the hashes, or make it the first time."""
        if self._hash_key is None:
            async with database.transaction() as tx:
                key = await self._read_hash_key(tx)
            # Only now: a key that was never committed is not the one that others will find.
            self._hash_key = key

    async def _read_hash_key(self, tx: Connection) -> bytes:
        new = self.seal(secrets.token_bytes(HASH_KEY_BYTES))
        await queries.keep_hash_key(tx, token=new.token, key_id=new.key_id)
        row = await queries.hash_key(tx)
        return self.open(Sealed(row["key_id"], row["token"]))

    def seal(self, plain: bytes) -> Sealed:
        """Encrypt."""
        return Sealed(self.key_id, self._keys[self.key_id].encrypt(plain))

    def open(self, sealed: Sealed) -> bytes:
        """Decrypt.

        Raises:
            OperatorError: the key is not among ours, or the token is damaged.
        """
        if sealed.key_id is None:
            return sealed.token
        key = self._keys.get(sealed.key_id)
        if key is None:
            raise OperatorError(
                f"VENUE_SECRET_KEYS lacks the key {sealed.key_id}, with which something in the "
                "database is sealed: add it behind the first one, and `venue-worker secrets rotate`"
            )
        try:
            return key.decrypt(sealed.token)
        except InvalidToken:
            raise OperatorError(
                f"what was sealed with the key {sealed.key_id} is damaged: restore it from a backup"
            ) from None

    def keyed(self, digest: bytes) -> bytes:
        """Return the HMAC-SHA256 of a digest: only who has the key can tell what it is of."""
        if self._hash_key is None:
            raise LookupError("the vault was not made ready")
        return hmac.digest(self._hash_key, digest, "sha256")


def key_id(key: str) -> str:
    """Return what a key is called where it was used: a part of its SHA-256."""
    return hashlib.sha256(key.encode()).hexdigest()[:12]
