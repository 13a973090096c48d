"""What is sealed as soon as it is read: the rules see that it is there, and never what it says."""

from dataclasses import dataclass, field
from typing import Protocol

from pydantic import ValidationInfo


@dataclass(frozen=True, slots=True)
class Sealed:
    """Something encrypted.

    Attributes:
        key_id: which key opens it; None for what an earlier version kept as it came.
        token: the encrypted bytes.
    """

    key_id: str | None
    token: bytes = field(repr=False)


class Sealer(Protocol):
    """What models of `data` that hold secrets are validated with, as the validation context."""

    def seal(self, plain: bytes, /) -> Sealed:
        """Encrypt."""


def sealer(info: ValidationInfo) -> Sealer:
    """Return the sealer that a model is validated with."""
    if info.context is None:
        raise LookupError("a model with secrets has to be validated with a sealer as its context")
    context: Sealer = info.context
    return context
