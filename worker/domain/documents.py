"""The rules of a venue's documents: the venue submits them, the platform reviews them."""

from dataclasses import replace
from datetime import date, datetime
from typing import cast

from worker.domain.command import Command, command
from worker.domain.decision import Change, Problem, Rejected, Shown, refuse
from worker.domain.documents_data import (
    DOCUMENTS,
    Document,
    DocumentReview,
    DocumentStatus,
    DocumentSubmit,
)
from worker.domain.parts import dataref, part_changed
from worker.domain.patch import JsonObject
from worker.domain.staff import OWNER, PLATFORM
from worker.domain.state import State
from worker.domain.verification import standing, today

TIMES = ("submitted_at", "reviewed_at")
"""What always changes with the rest, and is not named for it."""


@command(
    "venue.document.submit",
    event="venue.document.submitted",
    data=DocumentSubmit,
    by=OWNER,
    part=DOCUMENTS,
)
def submit(state: State, command: Command, now: datetime) -> Change | Rejected:
    """Hand in the document of a kind, in place of the one before it; its review starts anew."""
    given = cast("DocumentSubmit", command.data)
    day = today(state.venue, now)
    if problems := _submit_problems(given, day):
        return Rejected(problems)
    before = DOCUMENTS.find(state, given.kind)
    after = Document(**given.model_dump(), submitted_at=now)
    if before is not None and _claims(before) == _claims(after):
        after = replace(before, name=after.name, media_type=after.media_type, url=after.url)
    return _document_changed(state, after, day, now)


@command(
    "venue.document.review",
    event="venue.document.reviewed",
    data=DocumentReview,
    by=PLATFORM,
    part=DOCUMENTS,
)
def review(state: State, command: Command, now: datetime) -> Change | Rejected:
    """Approve or reject the document of a kind; an approval can be revoked, a rejection lifted."""
    given = cast("DocumentReview", command.data)
    before = DOCUMENTS.find(state, given.kind)
    if before is None:
        return refuse("not_found", f"no {given.kind} was submitted", "/kind")
    day = today(state.venue, now)
    if refused := _review_refusal(given, before, day):
        return refused
    status = DocumentStatus(given.decision)
    if (before.status, before.status_reason) == (status, given.reason):
        return Change(state)
    after = replace(before, status=status, status_reason=given.reason, reviewed_at=now)
    return _document_changed(state, after, day, now)


def _submit_problems(given: DocumentSubmit, day: date) -> tuple[Problem, ...]:
    problems = []
    if given.expires_on and given.expires_on < day:
        message = f"the document expired on {given.expires_on}; submit one that is in force"
        problems.append(Problem("invalid_data", message, "/expires_on"))
    if given.expires_on and given.issued_on and given.issued_on > given.expires_on:
        message = "the document expires before it was issued; correct one of the dates"
        problems.append(Problem("invalid_data", message, "/issued_on"))
    if given.number and given.kind in {"w8", "w9"}:
        message = "leave the number out: on this form it is a taxpayer's, and events would show it"
        problems.append(Problem("invalid_data", message, "/number"))
    return tuple(problems)


def _review_refusal(given: DocumentReview, before: Document, day: date) -> Rejected | None:
    if given.sha256 not in (None, before.sha256):
        return refuse(
            "version_conflict",
            f"the {given.kind} was replaced meanwhile, by {before.sha256}; review that one",
            "/sha256",
        )
    if given.decision == "rejected" and given.reason is None:
        return refuse("invalid_data", "say why the document is rejected", "/reason")
    if given.decision == "approved" and before.status_on(day) is DocumentStatus.EXPIRED:
        return refuse(
            "illegal_transition",
            f"the {given.kind} expired on {before.expires_on}; it has to be submitted anew",
            "/decision",
        )
    return None


def _claims(document: Document) -> tuple[object, ...]:
    # What a review vouches for. Where the document lies and what it is called is not part of it.
    one = document
    return one.sha256, one.expires_on, one.issued_on, one.issuer, one.number


def _document_changed(state: State, after: Document, day: date, now: datetime) -> Change:
    before = DOCUMENTS.find(state, after.kind)
    if after == before:
        return Change(state)
    put = DOCUMENTS.put(state, {after.kind: after})
    shown: JsonObject = {**after.document(day), "venue": standing(put, day)}
    changed = _changed(before.document(day) if before else {}, after.document(day))
    return part_changed(put, now, changed, Shown(shown, shown, dataref(state)))


def _changed(before: JsonObject, after: JsonObject) -> tuple[str, ...]:
    names = dict.fromkeys((*after, *before))
    return tuple(n for n in names if before.get(n) != after.get(n) and n not in TIMES)
