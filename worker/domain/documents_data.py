"""Documents of a venue: what is asked and said of them, and what is kept.

The document itself lies elsewhere. Here stand its digest, which tells which document is meant, and
what its issuer says of it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from worker.domain.command import Data
from worker.domain.formats import Date
from worker.domain.parts import Part
from worker.domain.patch import JsonObject
from worker.domain.state import rfc3339
from worker.domain.venue_data import Line, Paragraph

Kind = Literal[
    "business_license", "company_registration", "proof_of_address", "tax_certificate", "w8", "w9",
    "insurance_certificate", "occupancy_permit", "building_safety_certificate",
    "fire_safety_certificate", "emergency_plan", "accessibility_statement", "health_permit",
    "food_service_permit", "liquor_license", "entertainment_license", "music_license",
    "noise_permit", "other",
]  # fmt: skip

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$", to_lower=True)]
_NAME = "[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*"
MediaType = Annotated[str, StringConstraints(max_length=127, pattern=f"^{_NAME}/{_NAME}$")]
"""RFC 6838, without parameters."""

# A scheme that names a place and runs nothing, and no user or password: events show it.
Place = Annotated[
    str,
    StringConstraints(
        max_length=2048,
        pattern=r"^(?:https?|ftps?|sftp|s3|gs|abfss?|wasbs?|file)://[A-Za-z0-9._~:\[\]-]+"
        r"(?:[/?#](?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?$",
    ),
]


class DocumentSubmit(Data):
    """A document that the venue hands in; of each kind the last one counts."""

    kind: Kind
    sha256: Sha256
    expires_on: Date | None = None
    issued_on: Date | None = None
    issuer: Line | None = None
    number: Line | None = None
    name: Line | None = None
    media_type: MediaType | None = None
    url: Place | None = None


class DocumentReview(Data):
    """What the platform makes of the document of a kind."""

    kind: Kind
    decision: Literal["approved", "rejected"]
    sha256: Sha256 | None = None
    reason: Paragraph | None = None


class DocumentStatus(StrEnum):
    """Where a document stands; `expired` is never kept, the calendar says it."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The current document of a kind, as it was submitted and reviewed."""

    kind: str
    sha256: str
    expires_on: date | None = None
    issued_on: date | None = None
    issuer: str | None = None
    number: str | None = None
    name: str | None = None
    media_type: str | None = None
    url: str | None = None
    status: DocumentStatus = DocumentStatus.SUBMITTED
    status_reason: str | None = None
    submitted_at: datetime
    reviewed_at: datetime | None = None

    def status_on(self, day: date) -> DocumentStatus:
        """Return where it stands on a day: in force through the day on which it expires."""
        over = self.expires_on is not None and self.expires_on < day
        rejected = self.status is DocumentStatus.REJECTED
        return DocumentStatus.EXPIRED if over and not rejected else self.status

    def document(self, day: date) -> JsonObject:
        """Return it as events and queries of that day show it."""
        shown: JsonObject = {
            "kind": self.kind,
            "sha256": self.sha256,
            "status": self.status_on(day).value,
            "status_reason": self.status_reason,
            "expires_on": self.expires_on.isoformat() if self.expires_on else None,
            "issued_on": self.issued_on.isoformat() if self.issued_on else None,
            "issuer": self.issuer,
            "number": self.number,
            "name": self.name,
            "media_type": self.media_type,
            "url": self.url,
            "submitted_at": rfc3339(self.submitted_at),
            "reviewed_at": rfc3339(self.reviewed_at) if self.reviewed_at else None,
        }
        return {name: value for name, value in shown.items() if value is not None}


class Verification(StrEnum):
    """Whether the platform knows the venue for what it says it is (`verification.py`)."""

    UNVERIFIED = "unverified"
    PENDING = "pending"
    VERIFIED = "verified"
    REJECTED = "rejected"
    EXPIRED = "expired"


class Compliance(StrEnum):
    """Whether the venue's papers are in order (`verification.py`)."""

    COMPLIANT = "compliant"
    EXPIRING = "expiring"
    NON_COMPLIANT = "non_compliant"


class StandingShape(BaseModel):
    """Where the venue stands by all its documents, on the day of the event."""

    verification_status: Verification
    compliance_status: Compliance


class DocumentShape(DocumentSubmit):
    """A document as events show it; what is not known of it is absent."""

    model_config = ConfigDict(extra="ignore")  # later versions may show more

    status: DocumentStatus
    status_reason: str | None = None
    submitted_at: datetime
    reviewed_at: datetime | None = None
    venue: StandingShape


DOCUMENTS: Part[Document] = Part("documents", "document", DocumentShape)
"""The current documents by kind."""
