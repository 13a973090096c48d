"""What a venue's documents come to on a day, by what the policy requires."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.checks import property_test
from tests.unit.samples import EARLIER, NOW, venue
from worker.domain.documents_data import Compliance, Document, DocumentStatus, Verification
from worker.domain.policy import Policy
from worker.domain.state import Status
from worker.domain.verification import EXPIRING, compliance_status, today, verification_status

DAY = date(2026, 11, 24)
ENDS = {
    "": None,
    "-1": DAY - timedelta(days=1),
    "+0": DAY,
    "+30": DAY + timedelta(days=30),
    "+31": DAY + timedelta(days=31),
}


def documents(**words: str) -> dict[str, Document]:
    """Return documents by kind, each of a status and an end in days: `approved+30`."""
    found = {}
    for kind, word in words.items():
        status = next(s for s in DocumentStatus if word.startswith(s.value))
        ends = ENDS[word.removeprefix(status.value)]
        found[kind] = Document(
            kind=kind, sha256="", expires_on=ends, status=status, submitted_at=EARLIER
        )
    return found


# Required kinds, documents, and what they come to.
TABLE: list[tuple[str, Mapping[str, str], str, str]] = [
    ("", {}, "unverified", "compliant"),
    ("", {"w9": "submitted"}, "pending", "compliant"),
    ("", {"w9": "approved"}, "verified", "compliant"),
    ("", {"w9": "approved", "other": "submitted"}, "pending", "compliant"),
    ("", {"w9": "approved", "other": "rejected"}, "rejected", "non_compliant"),
    ("", {"w9": "approved-1", "other": "approved"}, "expired", "non_compliant"),
    ("", {"w9": "approved-1", "other": "rejected"}, "rejected", "non_compliant"),
    ("", {"w9": "submitted-1"}, "expired", "non_compliant"),
    ("", {"w9": "rejected-1"}, "rejected", "non_compliant"),
    ("", {"w9": "approved+0"}, "verified", "expiring"),
    ("", {"w9": "approved+30"}, "verified", "expiring"),
    ("", {"w9": "approved+31"}, "verified", "compliant"),
    ("", {"w9": "submitted+30"}, "pending", "compliant"),
    ("w9", {}, "unverified", "non_compliant"),
    ("w9", {"other": "approved"}, "unverified", "non_compliant"),
    ("w9", {"w9": "submitted"}, "pending", "non_compliant"),
    ("w9", {"w9": "approved"}, "verified", "compliant"),
    ("w9", {"w9": "approved", "other": "submitted"}, "verified", "compliant"),
    ("w9", {"w9": "approved", "other": "rejected"}, "verified", "non_compliant"),
    ("w9", {"w9": "approved", "other": "approved-1"}, "verified", "non_compliant"),
    ("w9", {"w9": "approved", "other": "approved+30"}, "verified", "expiring"),
    ("w9 w8", {"w9": "approved"}, "pending", "non_compliant"),
    ("w9 w8", {"w9": "approved", "w8": "rejected"}, "rejected", "non_compliant"),
    ("w9 w8", {"w9": "approved-1"}, "expired", "non_compliant"),
]


@pytest.mark.parametrize(("required", "words", "verification", "compliance"), TABLE)
def test_status(
    required: str, words: Mapping[str, str], verification: str, compliance: str
) -> None:
    """Each status follows from the documents, the policy and the day, as its docstring defines."""
    policy, found = Policy(tuple(required.split())), documents(**words)
    assert verification_status(found, policy, DAY) == Verification(verification)
    assert compliance_status(found, policy, DAY) == Compliance(compliance)


WORDS = [s.value + ends for s in DocumentStatus if s != DocumentStatus.EXPIRED for ends in ENDS]
KINDS = ("w9", "w8", "other")


@given(
    st.dictionaries(st.sampled_from(KINDS), st.sampled_from(WORDS)),
    st.lists(st.sampled_from(KINDS), unique=True),
)
@property_test
def test_time_alone_makes_nothing_better(words: dict[str, str], required: list[str]) -> None:
    """Whatever there is, a later day brings no approval, and no compliance that was not there."""
    policy, found = Policy(tuple(required)), documents(**words)
    order = [Compliance.COMPLIANT, Compliance.EXPIRING, Compliance.NON_COMPLIANT]
    before = DAY - timedelta(days=60)
    for day in (before, DAY, DAY + timedelta(days=60)):
        then, later = (compliance_status(found, policy, d) for d in (day, day + EXPIRING))
        assert order.index(later) >= order.index(then)
        if verification_status(found, policy, day + EXPIRING) is Verification.VERIFIED:
            assert verification_status(found, policy, day) is Verification.VERIFIED


def test_the_day_is_the_venues() -> None:
    """The date is that of the venue's time zone, and of UTC where it has none."""
    late = NOW.replace(hour=4)
    here = venue(Status.ACTIVE, fields={"name": "A", "timezone": "America/New_York"})
    assert today(here, late) == date(2026, 11, 23)
    assert today(venue(fields={"name": "A"}), late) == date(2026, 11, 24)
