"""Documents: the venue submits them, the platform reviews them."""

from dataclasses import replace

from hypothesis import strategies as st

from tests.model.words import (
    OWNER,
    PLATFORM,
    Around,
    Changed,
    Command,
    Data,
    Document,
    Kind,
    Ruling,
    Same,
    Venue,
    refused,
)

DIGESTS = ["a" * 64, "b" * 64]
LONG_AGO, FAR_AHEAD = "2020-01-31", "2090-12-31"
VOUCHED = ("sha256", "expires_on", "issued_on", "issuer", "number")
"""What a review vouches for: the same again keeps its review."""


def _submit(venue: Venue, command: Command, around: Around) -> Ruling:
    del around
    given = {name: value for name, value in command.data.items() if value is not None}
    if venue.status == "closed":
        return refused("illegal_transition")
    if given.get("expires_on") == LONG_AGO or ("number" in given and given["kind"] == "w9"):
        return refused("invalid_data")
    before = venue.part("document").get(given["kind"])
    after = {"status": "submitted", **given}
    if before and all(before.get(name) == after.get(name) for name in VOUCHED):
        review = {n: v for n, v in before.items() if n in ("status", "status_reason")}
        after = {**given, **review}
    return Same() if after == before else _put(venue, after, "venue.document.submitted")


def _review(venue: Venue, command: Command, around: Around) -> Ruling:
    del around
    given = command.data
    before = venue.part("document").get(given["kind"])
    if venue.status == "closed":
        return refused("illegal_transition")
    if before is None:
        return refused("not_found")
    reasons = set()
    if given.get("sha256") not in (None, before["sha256"]):
        reasons.add("version_conflict")
    if given["decision"] == "rejected" and given.get("reason") is None:
        reasons.add("invalid_data")
    if reasons:
        return refused(*reasons)
    after = {n: v for n, v in before.items() if n != "status_reason"}
    after["status"] = given["decision"]
    if given.get("reason") is not None:
        after["status_reason"] = given["reason"]
    return Same() if after == before else _put(venue, after, "venue.document.reviewed")


def _put(venue: Venue, document: Document, event: str) -> Changed:
    documents = {**venue.part("document"), document["kind"]: document}
    after = replace(venue, parts={**venue.parts, "document": documents})
    return Changed(after, event, {"document": document})


_kinds = st.sampled_from(["business_license", "business_license", "w9"])
_submissions: Data = st.fixed_dictionaries(
    {"kind": _kinds, "sha256": st.sampled_from(DIGESTS)},
    optional={
        "expires_on": st.sampled_from([FAR_AHEAD, FAR_AHEAD, LONG_AGO, None]),
        "number": st.just("N-1"),
        "name": st.sampled_from(["license.pdf", "other.pdf"]),
    },
)
_decisions: Data = st.fixed_dictionaries(
    {"kind": _kinds, "decision": st.sampled_from(["approved", "approved", "rejected"])},
    optional={
        "sha256": st.sampled_from(DIGESTS),
        "reason": st.sampled_from(["unreadable", "the wrong year"]),
    },
)
_bad_submissions: Data = st.sampled_from(
    [{}, {"kind": "poem", "sha256": DIGESTS[0]}, {"kind": "w9", "sha256": "abc"}]
)
_bad_decisions: Data = st.sampled_from([{}, {"kind": "w9", "decision": "perhaps"}])

KINDS = {
    "venue.document.submit": Kind(_submissions, _submit, OWNER, _bad_submissions, weight=5),
    "venue.document.review": Kind(_decisions, _review, PLATFORM, _bad_decisions, weight=5),
}
STORED = {
    "document": """
    SELECT tenant_id::text, venue_id::text, kind AS key,
           json_strip_nulls(json_build_object(
               'kind', kind, 'sha256', encode(sha256, 'hex'), 'status', status, 'name', name,
               'status_reason', status_reason, 'expires_on', expires_on, 'number', number))
           AS document
    FROM venue_document
    """
}
