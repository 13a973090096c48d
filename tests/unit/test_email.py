"""E-mail addresses are what the maintained library says they are, also where it is asked less."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, EmailStr, TypeAdapter, ValidationError

from worker.domain.formats import Email

OURS: TypeAdapter[str] = TypeAdapter(Email)


class Theirs(BaseModel):
    """The library's own type."""

    email: EmailStr


LOCALS = st.one_of(
    st.text("abcXYZ019._+-", min_size=1, max_size=70),
    st.text(min_size=1, max_size=8),
    st.sampled_from(["a", "a.b", ".a", "a.", "a..b", '"a b"', "ü", "a" * 64, "a" * 65]),
)
DOMAINS = st.one_of(
    st.sampled_from(
        ["example.com", "venues.example.com", "localhost", "a", "exa_mple.com", "-a.com", "a-.com",
         "münchen.de", "xn--mnchen-3ya.de", "[127.0.0.1]", "test", "example.invalid", "1.2.3.4",
         "a..com", ".com", "com.", "a" * 63 + ".com", "a" * 64 + ".com", "EXAMPLE.COM"]
    ),
    st.from_regex(r"[a-z0-9-]{1,20}(\.[a-z0-9-]{1,20}){0,4}", fullmatch=True),
)  # fmt: skip


def _accepts(validate: object, value: str) -> bool:
    try:
        validate(value)  # type: ignore[operator]
    except ValidationError:
        return False
    return True


@given(LOCALS, DOMAINS)
def test_the_same_verdict(local: str, domain: str) -> None:
    """Wherever our pattern lets an address through, its verdict is the library's."""
    address = f"{local}@{domain}"
    theirs = _accepts(lambda value: Theirs(email=value), address)
    if any(c in "<>" or c.isspace() for c in address) or address.count("@") != 1:
        return
    assert _accepts(OURS.validate_python, address) is theirs


@pytest.mark.parametrize("domain", ["example.com", "nothing", "a" * 64 + ".com"])
def test_a_domain_twice(domain: str) -> None:
    """What was found of a domain holds when it comes again."""
    first = _accepts(OURS.validate_python, f"one@{domain}")
    assert _accepts(OURS.validate_python, f"two@{domain}") is first is (domain == "example.com")


def test_a_long_address() -> None:
    """An address is 254 characters at most, also where both its parts are valid."""
    domain = ".".join(["a" * 59] * 4) + ".com"
    assert _accepts(OURS.validate_python, f"a@{domain}")
    assert not _accepts(OURS.validate_python, "a" * 20 + f"@{domain}")
