"""What a venue's documents come to on a day. Never stored: it changes with the calendar."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from worker.domain.decision import Problem
from worker.domain.documents_data import (
    DOCUMENTS,
    Compliance,
    Document,
    DocumentStatus,
    Verification,
)
from worker.domain.patch import JsonObject
from worker.domain.policy import Policy
from worker.domain.state import State, Venue

EXPIRING = timedelta(days=30)
"""How long before its last day a document counts as expiring."""

Documents = Mapping[str, Document]
"""A venue's current documents by kind."""


def today(venue: Venue | None, now: datetime) -> date:
    """Return the date at the venue: in its time zone, in UTC where it has none yet."""
    zone = venue.fields.get("timezone") if venue else None
    return now.astimezone(ZoneInfo(str(zone))).date() if zone else now.date()


def verification_status(documents: Documents, policy: Policy, day: date) -> Verification:
    """Return whether the documents prove who the venue is.

    Those that the policy requires count, and all there are where it requires none. The first that
    holds: `unverified`, none of them is there; `rejected` or `expired`, one of them is; `verified`,
    all are approved; else `pending`.
    """
    found = _statuses(documents, policy.required_documents or documents, day)
    if found <= {None}:
        return Verification.UNVERIFIED
    for bad in (DocumentStatus.REJECTED, DocumentStatus.EXPIRED):
        if bad in found:
            return Verification(bad.value)
    return Verification.VERIFIED if found == {DocumentStatus.APPROVED} else Verification.PENDING


def compliance_status(documents: Documents, policy: Policy, day: date) -> Compliance:
    """Return whether the venue's papers are in order.

    `non_compliant`: a document that the policy requires is not there or not approved, or any
    document at all is rejected or expired. `expiring`: none is, and one that is approved ends
    within `EXPIRING`. Else `compliant`; so is a venue of which nothing is required.
    """
    required = _statuses(documents, policy.required_documents, day)
    there = _statuses(documents, documents, day)
    if required - {DocumentStatus.APPROVED} or there & _WANTING:
        return Compliance.NON_COMPLIANT
    soon = any(_ends_by(document, day + EXPIRING) for document in documents.values())
    return Compliance.EXPIRING if soon else Compliance.COMPLIANT


def lacking_documents(state: State, now: datetime) -> tuple[Problem, ...]:
    """Return a problem for each required document that is not there, not approved or expired."""
    documents, day = DOCUMENTS.items(state), today(state.venue, now)
    problems = []
    for kind in state.policy.required_documents:
        (status,) = _statuses(documents, [kind], day)
        if status is not DocumentStatus.APPROVED:
            message = f"an active venue needs an approved {kind}; {_SAID[status]}"
            problems.append(Problem("incomplete", message, f"/documents/{kind}"))
    return tuple(problems)


def standing(state: State, day: date) -> JsonObject:
    """Return what events and queries of that day say of the venue's documents together."""
    documents = DOCUMENTS.items(state)
    return {
        "verification_status": verification_status(documents, state.policy, day).value,
        "compliance_status": compliance_status(documents, state.policy, day).value,
    }


def _statuses(documents: Documents, kinds: Iterable[str], day: date) -> set[DocumentStatus | None]:
    return {documents[kind].status_on(day) if kind in documents else None for kind in kinds}


def _ends_by(document: Document, day: date) -> bool:
    approved = document.status is DocumentStatus.APPROVED
    return approved and document.expires_on is not None and document.expires_on <= day


_WANTING = {DocumentStatus.REJECTED, DocumentStatus.EXPIRED}
_SAID = {
    None: "submit one",
    DocumentStatus.SUBMITTED: "the one submitted waits for review",
    DocumentStatus.REJECTED: "the one submitted was rejected, submit another",
    DocumentStatus.EXPIRED: "the one submitted has expired, submit another",
}
