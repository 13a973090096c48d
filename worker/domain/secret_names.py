"""Names that suggest a secret, as people write them: `api_key`, `Access-Key`, `client secret`."""

import re
import unicodedata

_SUSPECT = re.compile(
    r"secret|passw|passphrase|pwd|token|credential|bearer|signature|authorization|certificate|"
    r"(?:api|access|auth|private|signing|client|encryption|shared|account|webhook|server)key"
)
_WHOLE = frozenset({"key", "keys", "pass", "auth", "pin", "cert", "pem", "sig", "jwt"})


def suggests_secret(name: str) -> bool:
    """Tell whether what stands under such a name is likely to be a secret."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum())
    return plain in _WHOLE or _SUSPECT.search(plain) is not None
