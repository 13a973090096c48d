"""Documents of a venue: what is taken, what is refused, and what stays as it is."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from pydantic_core import from_json

from tests.unit.checks import schema_errors
from tests.unit.samples import (
    MOST,
    NOW,
    VAULT,
    VERSION,
    applied,
    codes,
    command,
    envelope,
    refused,
    state,
    structured,
)
from worker.domain.command import Command
from worker.domain.decide import decide
from worker.domain.decision import Decision
from worker.domain.documents_data import DOCUMENTS
from worker.domain.patch import JsonObject
from worker.domain.policy import Policy
from worker.domain.staff import Role
from worker.domain.state import State
from worker.messaging.written import written
from worker.pipeline.decode import decode

SHA = "ab" * 32
OTHER_SHA = "cd" * 32
LICENSE: JsonObject = {"kind": "liquor_license", "sha256": SHA}
FULL: JsonObject = {
    **LICENSE,
    "expires_on": "2027-06-30",
    "issued_on": "2026-07-01",
    "issuer": "Alcoholic Beverages Control Commission",
    "number": "LL-1",
    "name": "License",
    "media_type": "application/pdf",
    "url": "s3://documents/license.pdf",
}
APPROVED: JsonObject = {"kind": "liquor_license", "decision": "approved"}
REJECTED: JsonObject = {"kind": "liquor_license", "decision": "rejected", "reason": "unreadable"}


def submit(before: State, data: JsonObject = FULL, now: datetime = NOW, **more: Any) -> Decision:
    """Decide a submission."""
    return decide(before, command("venue.document.submit", data, **more), now)


def review(before: State, data: JsonObject = APPROVED, now: datetime = NOW) -> Decision:
    """Decide a review."""
    return decide(before, command("venue.document.review", data), now)


def after(decision: Decision) -> State:
    """Return the state that was left."""
    done, _ = applied(decision)
    return done.state


def shown(decision: Decision) -> dict[str, Any]:
    """Return what the event shows of the document."""
    done, _ = applied(decision)
    assert done.event is not None
    document: Any = done.event.data["document"]
    return dict(document)


def changed(decision: Decision) -> set[object]:
    """Return what the event says has changed."""
    done, _ = applied(decision)
    assert done.event is not None
    names: Any = done.event.data["changed"]
    return set(names)


def unchanged(decision: Decision, before: State) -> bool:
    """Tell whether there is no new version, no event and no other state."""
    done, venue = applied(decision)
    return (done.event, venue.version, done.state) == (None, before.version, before)


SUBMITTED = after(submit(state("active")))


def test_a_submission() -> None:
    """The event shows the document whole, where the venue stands by it, and the next version."""
    decision = submit(state("active"))
    done, venue = applied(decision)
    assert shown(decision) == {
        **FULL,
        "status": "submitted",
        "submitted_at": "2026-11-24T09:00:00.000250Z",
        "venue": {"verification_status": "pending", "compliance_status": "compliant"},
    }
    assert changed(decision) == {*FULL, "status"}
    assert done.event is not None
    assert (done.event.type, venue.version) == ("venue.document.submitted", VERSION + 1)


def test_a_digest_is_kept_in_lower_case() -> None:
    """Hexadecimal digits in upper case mean the same document."""
    upper = {**FULL, "sha256": SHA.upper()}
    assert shown(submit(state(), upper))["sha256"] == SHA
    assert unchanged(submit(SUBMITTED, upper), SUBMITTED)


@pytest.mark.parametrize("review_first", [APPROVED, REJECTED])
def test_the_same_submission_again(review_first: JsonObject) -> None:
    """What was submitted already keeps its review, and nothing changes."""
    reviewed = after(review(SUBMITTED, review_first))
    assert unchanged(submit(reviewed, now=NOW + timedelta(days=1)), reviewed)


@pytest.mark.parametrize(
    "other",
    [
        {"sha256": OTHER_SHA},
        {"expires_on": "2027-07-01"},
        {"expires_on": None},
        {"issued_on": "2026-07-02"},
        {"issuer": "Another"},
        {"number": "LL-2"},
    ],
)
def test_another_document_is_submitted_anew(other: JsonObject) -> None:
    """Another document, or another claim about it, has to be reviewed again."""
    approved = after(review(SUBMITTED))
    decision = submit(approved, {**FULL, **other})
    assert shown(decision)["status"] == "submitted"
    assert "reviewed_at" not in shown(decision)
    assert changed(decision) == {*other, "status"}


@pytest.mark.parametrize(
    "other", [{"name": "Licence"}, {"media_type": None}, {"url": "https://a.example/b.pdf"}]
)
def test_the_same_document_elsewhere_keeps_its_review(other: JsonObject) -> None:
    """Where the document lies, and what it is called, is no reason to review it again."""
    decision = submit(after(review(SUBMITTED)), {**FULL, **other})
    assert shown(decision)["status"] == "approved"
    assert changed(decision) == set(other)


def test_one_document_of_a_kind() -> None:
    """A kind has one current document; other kinds stand beside it."""
    both = after(submit(SUBMITTED, {"kind": "w9", "sha256": OTHER_SHA}))
    assert set(DOCUMENTS.items(both)) == {"liquor_license", "w9"}
    replaced = after(submit(both, {**LICENSE, "sha256": OTHER_SHA}))
    assert len(DOCUMENTS.items(replaced)) == 2


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({**LICENSE, "expires_on": "2026-11-23"}, "/expires_on"),
        ({**LICENSE, "expires_on": "2027-01-01", "issued_on": "2027-01-02"}, "/issued_on"),
        ({"kind": "w9", "sha256": SHA, "number": "12-3456789"}, "/number"),
        ({"kind": "w8", "sha256": SHA, "number": "12-3456789"}, "/number"),
    ],
)
def test_what_is_refused_by_rule(data: JsonObject, field: str) -> None:
    """Refused: what has expired, what expires before it was issued, and a taxpayer's number."""
    no = refused(submit(state(), data))
    assert (codes(no), no.problems[0].field) == (["invalid_data"], field)


def test_the_last_day_is_the_venues() -> None:
    """A document is in force through its last day, where the venue is."""
    last = {**LICENSE, "expires_on": "2026-11-24"}
    still_in_boston = datetime.fromisoformat("2026-11-25T04:59:59+00:00")
    applied(submit(state(), last, still_in_boston))
    over = still_in_boston + timedelta(seconds=1)
    assert codes(refused(submit(state(), last, over))) == ["invalid_data"]


@pytest.mark.parametrize("data", [APPROVED, REJECTED])
def test_a_review(data: JsonObject) -> None:
    """The platform's decision stands in the event, with its reason where there is one."""
    decision = review(SUBMITTED, data)
    done, _ = applied(decision)
    assert done.event is not None
    assert done.event.type == "venue.document.reviewed"
    assert shown(decision)["status"] == data["decision"]
    assert shown(decision)["reviewed_at"] == "2026-11-24T09:00:00.000250Z"
    assert shown(decision).get("status_reason") == data.get("reason")
    assert changed(decision) == {"status"} | ({"status_reason"} if "reason" in data else set())


@pytest.mark.parametrize("data", [APPROVED, REJECTED])
def test_the_same_decision_again(data: JsonObject) -> None:
    """Deciding the same for the same reason changes nothing."""
    before = after(review(SUBMITTED, data))
    assert unchanged(review(before, data, NOW + timedelta(days=1)), before)


def test_another_decision() -> None:
    """An approval can be revoked, a rejection lifted and its reason corrected."""
    revoked = review(after(review(SUBMITTED)), REJECTED)
    assert shown(revoked)["status"] == "rejected"
    corrected = review(after(revoked), {**REJECTED, "reason": "forged"})
    assert changed(corrected) == {"status_reason"}
    lifted = review(after(corrected))
    assert shown(lifted)["status"] == "approved"
    assert changed(lifted) == {"status", "status_reason"}


@pytest.mark.parametrize(
    ("data", "code", "field"),
    [
        ({**APPROVED, "kind": "w9"}, "not_found", "/kind"),
        ({**APPROVED, "sha256": OTHER_SHA}, "version_conflict", "/sha256"),
        ({**APPROVED, "decision": "rejected"}, "invalid_data", "/reason"),
    ],
)
def test_a_review_that_is_refused(data: JsonObject, code: str, field: str) -> None:
    """Refused: no such document, a document that was replaced, a rejection without a reason."""
    no = refused(review(SUBMITTED, data))
    assert (codes(no), no.problems[0].field) == ([code], field)


def test_a_review_of_the_document_that_was_looked_at() -> None:
    """The digest of the current document, in either case, lets the review pass."""
    applied(review(SUBMITTED, {**APPROVED, "sha256": SHA.upper()}))


def test_what_has_expired_is_not_approved() -> None:
    """After its last day a document can be rejected, but not approved."""
    later = NOW + timedelta(days=365)
    no = refused(review(SUBMITTED, APPROVED, later))
    assert (codes(no), no.problems[0].field) == (["illegal_transition"], "/decision")
    assert shown(review(SUBMITTED, REJECTED, later))["status"] == "rejected"


def test_a_closed_venue() -> None:
    """A closed venue takes neither a document nor a review."""
    closed = state("closed")
    with_one = replace(SUBMITTED, venue=closed.venue)
    assert codes(refused(submit(closed))) == ["illegal_transition"]
    assert codes(refused(review(with_one))) == ["illegal_transition"]


@pytest.mark.parametrize("status", ["pending", "active", "inactive", "suspended"])
def test_a_venue_in_any_other_state(status: str) -> None:
    """Every other venue takes both."""
    applied(review(after(submit(state(status)))))


@pytest.mark.parametrize("role", Role)
def test_who_may(role: Role) -> None:
    """Owners submit; the platform alone reviews."""
    before = replace(SUBMITTED, parts={**state("active", role).parts, **SUBMITTED.parts})
    one = command("venue.document.review", APPROVED, actorid="user-7")
    assert codes(refused(decide(before, one, NOW))) == ["forbidden"]
    submitted = submit(state("active", role), actorid="user-7")
    if role is Role.OWNER:
        applied(submitted)
    else:
        assert codes(refused(submitted)) == ["forbidden"]


POLICY = Policy(required_documents=("liquor_license", "w9"))


def activate(before: State, now: datetime = NOW) -> Decision:
    """Decide an activation where two documents are required."""
    return decide(replace(before, policy=POLICY), command("venue.activate"), now)


def test_activation_takes_the_required_documents() -> None:
    """A venue is not activated before each required document is approved; each is named."""
    before = state("pending")
    expected = {"/documents/liquor_license": "submit one", "/documents/w9": "submit one"}
    for step, said in (
        (before, expected),
        (submitted := after(submit(before)), {**expected, "/documents/liquor_license": "waits"}),
        (after(review(submitted, REJECTED)), {**expected, "/documents/liquor_license": "rejected"}),
        (approved := after(review(submitted)), {"/documents/w9": "submit one"}),
    ):
        no = refused(activate(step))
        assert {problem.code for problem in no.problems} == {"incomplete"}
        messages = {problem.field: problem.message for problem in no.problems}
        assert set(messages) == set(said)
        assert all(words in messages[field] for field, words in said.items())
    both = after(submit(approved, {"kind": "w9", "sha256": SHA}))
    complete = after(review(both, {"kind": "w9", "decision": "approved"}))
    applied(activate(complete))
    expired = refused(activate(complete, NOW + timedelta(days=365)))
    assert [(p.field, "expired" in p.message) for p in expired.problems] == [
        ("/documents/liquor_license", True)
    ]


def test_activation_names_all_that_is_missing() -> None:
    """Fields and documents are named together."""
    bare = state("pending")
    assert bare.venue is not None
    bare = replace(bare, venue=replace(bare.venue, fields={"name": "A"}))
    fields = [problem.field for problem in refused(activate(bare)).problems]
    assert fields == [
        "/capacity/max", "/address/city", "/timezone", "/documents/liquor_license", "/documents/w9",
    ]  # fmt: skip


def test_an_active_venue_stays_active() -> None:
    """The policy stops activation only: an active venue is changed without any document."""
    before = replace(state("active"), policy=POLICY)
    applied(decide(before, command("venue.update", {"description": "Open"}), NOW))
    assert codes(refused(decide(before, command("venue.activate"), NOW))) == ["illegal_transition"]


SUBMISSIONS: list[tuple[str, object]] = [
    *[("kind", value) for value in ("other", "passport", "", None, 5)],
    *[("sha256", value) for value in (SHA.upper(), SHA[1:], SHA + "a", "g" * 64, None, 5)],
    *[("expires_on", value) for value in ("2027-02-28", "2027-02-29", "2027-2-28", "", None, 5)],
    *[("expires_on", value) for value in ("20270228", "2027-W01-1", "2027-02-28T00:00:00Z")],
    *[("issued_on", value) for value in ("2026-01-01", "01/02/2026", "0000-01-01", None)],
    *[("number", value) for value in ("A-1", "", " ", "x" * 200, "x" * 201, None, 5)],
    *[("issuer", value) for value in ("A", "", "x" * 201, None)],
    *[("media_type", value) for value in ("application/pdf", "pdf", "a/b; q=1", "a/b/c", None)],
    *[("url", value) for value in ("https://a.example/b?c=d#e", "s3://bucket/key", "/x", "", None)],
    *[("url", value) for value in ("javascript:alert(1)", "https://ann:pw@a.example/", "https://")],
    *[("url", value) for value in ("https://a.example/ b", "https://[::1]:8080/a", "x" * 2049)],
    ("extra", 1),
]
REVIEWS: list[tuple[str, object]] = [
    *[("kind", value) for value in ("w9", "passport", None)],
    *[("decision", value) for value in ("approved", "rejected", "expired", "", None)],
    *[("sha256", value) for value in (SHA, "x", None)],
    *[("reason", value) for value in ("x", "", None, "x" * 1000, "x" * 1001)],
    ("extra", 1),
]


WHOLE: list[object] = [None, {}, [], {"kind": "w9"}]
DATA: list[tuple[str, object]] = [
    *[("venue.document.submit", {**LICENSE, name: value}) for name, value in SUBMISSIONS],
    *[("venue.document.review", {**APPROVED, name: value}) for name, value in REVIEWS],
    *[(f"venue.document.{verb}", data) for verb in ("submit", "review") for data in WHOLE],
]


@pytest.mark.parametrize(("type_", "data"), DATA)
def test_schema_and_worker_agree(type_: str, data: object) -> None:
    """A command is parked exactly if its published schema refuses it."""
    one = envelope(type_, data=data)
    taken = isinstance(decode(structured(one), MOST, VAULT), Command)
    assert taken is (not schema_errors(f"commands/{type_}.json", one))


@pytest.mark.parametrize("full", [FULL, LICENSE])
def test_an_event_is_as_published(full: JsonObject) -> None:
    """The events of both are valid by their schemas."""
    submitted = submit(state(), full)
    for decision in (submitted, review(after(submitted)), review(after(submitted), REJECTED)):
        done, _ = applied(decision)
        assert done.event is not None
        body = written(done.event, command("venue.document.submit", full), NOW, MOST).body
        assert schema_errors(f"events/{done.event.type}.json", from_json(body)) == []


def test_dates_are_dates() -> None:
    """A date is kept as a date, not as a text."""
    kept = DOCUMENTS.find(SUBMITTED, "liquor_license")
    assert kept is not None
    assert kept.expires_on == date(2027, 6, 30)
