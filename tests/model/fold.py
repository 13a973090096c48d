"""A subscriber's state: what it knows of the venues, from the events alone.

It trusts nothing but a venue's order: each event with a `venueversion` has to be the next one.
"""

from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]
Key = tuple[str, str]

ITEM_KEYS = {
    "staff": "user_id",
    "layout": "layout_id",
    "integration": "kind",
    "document": "kind",
}
"""Parts that a venue has several of, and by what of it an item is known."""

GONE = ("removed", "disconnected")


@dataclass(slots=True)
class Folded:
    """What is known of one venue.

    Attributes:
        venue: as the last event that showed the venue has it.
        whole: False where that event was too large to show all of it.
        parts: items by part and key.
    """

    version: int = 0
    venue: Document = field(default_factory=dict)
    whole: bool = True
    parts: dict[str, dict[str, Document]] = field(default_factory=dict)


@dataclass(slots=True)
class Fold:
    """All the venues."""

    venues: dict[Key, Folded] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def take(self, event: Document) -> None:
        """Take in one event; another copy of one is nothing new."""
        if event["id"] in self.seen:
            return
        self.seen.add(event["id"])
        if event["type"].startswith("venue.command."):
            assert "venueversion" not in event, event
            return
        one = self.venues.setdefault((event["tenantid"], event["subject"]), Folded())
        assert event["venueversion"] == one.version + 1, ("a gap", event, one.version)
        one.version += 1
        _show(one, event)


def _show(one: Folded, event: Document) -> None:
    (part,) = event["data"].keys() - {"changed"}
    shown = dict(event["data"][part])
    if part == "venue":
        one.whole = "dataref" not in event
        for member in shown.pop("staff", []):
            one.parts.setdefault("staff", {})[member["user_id"]] = member
        one.venue = shown
        return
    items = one.parts.setdefault(part, {})
    key = shown[ITEM_KEYS[part]] if part in ITEM_KEYS else ""
    if event["type"].endswith(GONE):
        items.pop(key, None)
        return
    if shown.get("is_default"):
        # There is one default: the event of the new one says all there is to know of the old one.
        items.update({other: {**one, "is_default": False} for other, one in items.items()})
    items[key] = shown
