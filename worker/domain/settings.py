"""`venue.settings.update`: how a venue sells its tickets.

A venue has the default settings from the start; kept is only what differs from them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from worker.domain.command import Command, command
from worker.domain.decision import Change, Rejected, Shown
from worker.domain.parts import ONLY, Part, dataref, part_changed
from worker.domain.patch import Json, JsonObject, merged_object, same_json
from worker.domain.settings_checks import settings_problems
from worker.domain.settings_data import SettingsShape, SettingsUpdate
from worker.domain.staff import MANAGER
from worker.domain.state import State

DEFAULTS: Mapping[str, dict[str, Json]] = SettingsShape().model_dump()
DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Settings:
    """A venue's settings; `chosen` are those that differ from the defaults, by section."""

    chosen: Mapping[str, Json] = field(default_factory=dict)

    def document(self) -> JsonObject:
        """Return all settings, the defaults filled in, as events show them."""
        return merged_object(DEFAULTS, dict(self.chosen))


SETTINGS: Part[Settings] = Part("settings", "settings", SettingsShape)


@command(
    "venue.settings.update",
    event="venue.settings.updated",
    data=SettingsUpdate,
    by=MANAGER,
    part=SETTINGS,
)
def update(state: State, command: Command, now: datetime) -> Change | Rejected:
    """Merge a patch into the settings; null sets back to the default."""
    before = SETTINGS.find(state) or Settings()
    patch = command.data.model_dump(exclude_unset=True)
    after = _patched(before, _kept(before.document(), patch))
    shown, known = after.document(), before.document()
    changed = tuple(name for name in DEFAULTS if not _same(shown[name], known[name]))
    if not changed:
        return Change(state)
    if problems := settings_problems(shown):
        return Rejected(problems)
    item = after if after.chosen else None
    put = SETTINGS.put(state, {ONLY: item})
    # Small whatever it holds, so that nothing ever has to stand in for it.
    return part_changed(put, now, changed, Shown(shown, shown, dataref(state)))


def _kept(known: Json, patch: Json) -> Any:  # noqa: ANN401 - a patch as it came, of any shape
    """Return the patch with each decimal as it was written before, where it is the same number."""
    if isinstance(known, dict) and isinstance(patch, dict):
        return {name: _kept(known.get(name), value) for name, value in patch.items()}
    return known if _is_decimal(known) and _same(known, patch) else patch


def _patched(before: Settings, patch: JsonObject) -> Settings:
    merged = cast("dict[str, dict[str, Any]]", merged_object(before.chosen, patch))
    chosen: JsonObject = {}
    for section, values in merged.items():
        defaults = DEFAULTS[section]
        if own := {k: value for k, value in values.items() if not _same(value, defaults[k])}:
            chosen[section] = own
    return Settings(chosen)


def _same(one: Json, other: Json) -> bool:
    """Tell whether two settings or sections mean the same: decimals are equal by value."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)
    if _is_decimal(one) and _is_decimal(other):
        return Decimal(cast("str", one)) == Decimal(cast("str", other))
    return same_json(one, other)


def _is_decimal(value: Json) -> bool:
    return isinstance(value, str) and DECIMAL.fullmatch(value) is not None
