"""A CloudEvent, read from the outside in: its attributes, what a model says of them, its data.

Commands and queries are read by the same steps. What stops at one of them is `Refused`.
"""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from worker.domain.decision import Problem
from worker.domain.patch import Json
from worker.domain.problems import problems_of
from worker.messaging.delivery import Delivery
from worker.messaging.envelope import header_attributes, is_binary
from worker.messaging.json_body import Refused, read_json, read_json_object

Attributes = Mapping[str, Json]
E = TypeVar("E", bound=BaseModel)


def attributes_of(delivery: Delivery, most_bytes: int) -> Attributes:
    """Return the attributes: of the headers in binary mode, else of the body, its data with them.

    Raises:
        Refused: `too_large`, `invalid_json` or `invalid_envelope`.
    """
    if is_binary(delivery):
        return header_attributes(delivery)
    return read_json_object(delivery.body, most_bytes)


def envelope_of(model: type[E], attributes: Attributes) -> E:
    """Return the attributes as the model has them.

    Raises:
        Refused: `invalid_envelope`.
    """
    try:
        return model.model_validate(attributes)
    except ValidationError as error:
        # `field` points into `data`, so the attribute is named in the sentence instead.
        raise Refused(
            *(
                Problem(problem.code, f"attribute {(problem.field or '/')[1:]}: {problem.message}")
                for problem in problems_of(error, "invalid_envelope")
            )
        ) from None


def data_of(delivery: Delivery, attributes: Attributes, most_bytes: int) -> Json:
    """Return the data; none and null are an empty object.

    Raises:
        Refused: `too_large`, `invalid_json` or `invalid_envelope`.
    """
    if is_binary(delivery):
        data = read_json(delivery.body, most_bytes) if delivery.body else None
    elif attributes.get("data_base64") is not None:
        raise Refused(Problem("invalid_envelope", "give data as JSON, not as data_base64"))
    else:
        data = attributes.get("data")
    return {} if data is None else data


def id_of(attributes: Attributes) -> str | None:
    """Return what a message calls itself, whether or not that is an id."""
    value = attributes.get("id")
    return value[:256] if isinstance(value, str) else None
