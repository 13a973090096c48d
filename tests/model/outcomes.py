"""Every outcome code of the contract, and how often each was seen."""

from tests.model.machine import Tally

CODES = (
    "applied", "invalid_json", "invalid_envelope", "unknown_type", "invalid_data", "too_large",
    "idempotency_conflict", "venue_exists", "venue_not_found", "slug_taken", "version_conflict",
    "illegal_transition", "incomplete", "capacity_exceeded", "overlap", "forbidden", "last_owner",
    "staff_limit", "not_found", "cancelled", "publisher_not_allowed", "internal",
)  # fmt: skip


def table(tally: Tally) -> str:
    """Return the counts as lines of text."""
    others = sorted(tally.codes.keys() - set(CODES))
    lines = [f"{code:<24}{tally.codes[code]:>8}" for code in (*CODES, *others)]
    lines += ["", *(f"{type_:<32}{n:>8}" for type_, n in sorted(tally.types.items()))]
    return "\n".join(lines)
