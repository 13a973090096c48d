"""JSON Merge Patch (RFC 7396) over plain JSON values, and equality as JSON means it."""

from collections.abc import Mapping
from typing import cast

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
JsonObject = dict[str, Json]


def merged(target: Json, patch: Json) -> Json:
    """Return `target` with `patch` merged into it; neither is altered."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            result[name] = merged(result.get(name), value)
        else:
            result[name] = value
    return result


def merged_object(target: Mapping[str, Json], patch: JsonObject) -> JsonObject:
    """Return `merged` for what is known to be two objects."""
    return cast("JsonObject", merged(dict(target), patch))


def same_json(one: Json, other: Json) -> bool:
    """Tell whether two values are equal JSON: 1 is 1.0, but true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    if isinstance(one, float) or isinstance(other, float):
        return _as_float(one) == _as_float(other)
    return one == other


def _as_float(value: Json) -> Json:
    # PostgreSQL's jsonb gives 1e23 back as an integer, which is not quite the same number.
    try:
        return float(value) if isinstance(value, int) else value
    except OverflowError:
        return value


def changed_fields(before: Mapping[str, Json], after: Mapping[str, Json]) -> list[str]:
    """Return the names of the top-level fields that differ, in the order of `after`."""
    names = [*after, *(name for name in before if name not in after)]
    return [
        name
        for name in names
        if (name in before) != (name in after) or not same_json(before.get(name), after.get(name))
    ]
