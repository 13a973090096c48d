"""What the operator decides of the rules (`VENUE_…` settings), as the rules see it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """The operator's choices.

    Attributes:
        required_documents: kinds of documents that have to be approved and in force before a venue
            may be activated, and to be verified.
    """

    required_documents: tuple[str, ...] = ()
