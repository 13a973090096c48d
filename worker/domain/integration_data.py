"""What `venue.integration.connect` and `.disconnect` carry; credentials are sealed when read."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import PydanticCustomError, to_json

from worker.domain.command import Data
from worker.domain.formats import text
from worker.domain.free_form import FreeObject
from worker.domain.patch import Json
from worker.domain.sealed import Sealed, sealer
from worker.domain.secret_names import suggests_secret

Kind = Literal["stripe", "square", "toast", "mailchimp", "twilio"]
MOST_CREDENTIALS = 20
LONGEST_CREDENTIAL = 8192
NAME_PATTERN = r"^[a-z]+(?:_[a-z]+)*$"
"""The names are shown: words, which a key put in the place of its name is not."""

LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Credentials:
    """Credentials of which only the names can be seen."""

    names: tuple[str, ...]
    sealed: Sealed


def _seal(value: Any, handler: Any, info: ValidationInfo) -> Credentials:  # noqa: ANN401 - not yet validated
    plain: dict[str, str] = handler(value)
    return Credentials(tuple(sorted(plain)), sealer(info).seal(to_json(plain)))


def _without_secrets(config: dict[str, Json]) -> dict[str, Json]:
    _look(config)
    return config


def _look(value: Json) -> None:
    nested = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for name in value if isinstance(value, dict) else ():
        if suggests_secret(name):
            raise PydanticCustomError(
                "secret_in_config", "config is shown to people: put secrets into credentials"
            )
    for item in nested:
        _look(item)


class Disconnect(Data):
    """Which integration."""

    # Whoever mistakes it for connecting may send credentials.
    secret: ClassVar[bool] = True

    kind: Kind


class Connect(Disconnect):
    """An integration with what it needs to be used; `config` is shown, `credentials` never are."""

    config: Annotated[FreeObject, AfterValidator(_without_secrets)] = Field(default_factory=dict)
    credentials: Annotated[
        dict[
            Annotated[str, StringConstraints(max_length=LONGEST_NAME, pattern=NAME_PATTERN)],
            Annotated[str, text(LONGEST_CREDENTIAL)],
        ],
        Field(min_length=1, max_length=MOST_CREDENTIALS),
        WrapValidator(_seal),
        WithJsonSchema(
            {
                "type": "object",
                "writeOnly": True,
                "minProperties": 1,
                "maxProperties": MOST_CREDENTIALS,
                "propertyNames": {"maxLength": LONGEST_NAME, "pattern": NAME_PATTERN},
                "additionalProperties": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": LONGEST_CREDENTIAL,
                    "pattern": r"\S",
                },
            }
        ),
    ]
