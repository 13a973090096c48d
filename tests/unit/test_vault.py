"""Sealing: the first key seals, all open, and hashes do not change with the keys."""

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from worker.cli.redacted import redacted
from worker.domain.sealed import Sealed
from worker.errors import OperatorError
from worker.storage.vault import Vault

OLD, NEW = (SecretStr(Fernet.generate_key().decode()) for _ in range(2))
PLANTED = "sk_live_planted"


def test_rotating() -> None:
    """What an old key sealed is opened as long as the key is among ours; new things get the new."""
    old = Vault([OLD], hash_key=b"k").seal(b"text")
    both = Vault([NEW, OLD], hash_key=b"k")
    new = both.seal(b"text")
    assert both.open(old) == both.open(new) == b"text"
    assert (old.key_id, new.key_id) == (both.key_ids[1], both.key_ids[0])
    with pytest.raises(OperatorError, match=f"lacks the key {old.key_id}"):
        Vault([NEW]).open(old)


def test_damage_is_noticed() -> None:
    """A token that was tampered with does not open."""
    vault = Vault([OLD])
    one = vault.seal(b"text")
    with pytest.raises(OperatorError, match="damaged"):
        vault.open(Sealed(one.key_id, one.token[:-4] + b"AAA="))


def test_what_was_never_sealed() -> None:
    """Without a key's name it is what it was."""
    assert Vault([OLD]).open(Sealed(None, b"plain")) == b"plain"


def test_no_key() -> None:
    """There is no way to run without one."""
    with pytest.raises(OperatorError, match="secrets new"):
        Vault([])


def test_keys_and_tokens_are_not_printed() -> None:
    """A traceback that shows a vault or what it sealed shows nothing of use."""
    vault = Vault([OLD])
    sealed = vault.seal(b"text")
    assert OLD.get_secret_value() not in repr(vars(vault))
    assert sealed.token.decode() not in repr(sealed)


@pytest.mark.parametrize(
    ("body", "type_"),
    [
        (b'{"data": {"kind": "x", "credentials": {"a": "%s"}}}', "venue.integration.connect"),
        (b'{"data": {"kind": "stripe", "typo": "%s"}}', "venue.integration.connect"),
        (b'{"kind": "stripe", "typo": "%s"}', "venue.integration.connect"),
        (b'{"data": {"anything": ["%s"]}}', None),
        (b'{"data": {"metadata": {"Api-Key": "%s"}}}', "venue.update"),
        (b'{"data": {"credentials": {"a": "%s"}', "venue.integration.connect"),
        (b'["%s"]', None),
        (b'{"kind": "stripe", "id": "%s", "source": {"x": "%s"}}', "venue.integration.connect"),
        (b'{"specversion": "1.0", "source": {"a": "%s"}}', "venue.integration.connect"),
        (b'{"specversion": "1.0", "data": {"key": "%s"}}', "venue.integration.disconnect"),
        (b'"%s"', None),
    ],
)
def test_secrets_are_not_shown(body: bytes, type_: str | None) -> None:
    """Wherever a secret may stand in a parked body, it is not shown."""
    assert PLANTED not in redacted(body.replace(b"%s", PLANTED.encode()), type_)


def test_the_rest_is_shown() -> None:
    """Operators see what they need of a command that carries no secrets."""
    body = b'{"type": "venue.update", "data": {"name": "Fenway", "max": 5, "token": "t"}}'
    text = redacted(body, "venue.update")
    assert "Fenway" in text
    assert '"t"' not in text
