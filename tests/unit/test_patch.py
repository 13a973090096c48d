"""Merge patches as RFC 7396 has them, and equality as JSON means it."""

import copy

import pytest
from hypothesis import given
from pydantic_core import from_json

from tests.unit.checks import json_objects, json_values, property_test
from worker.domain.patch import Json, JsonObject, changed_fields, merged, merged_object, same_json

# RFC 7396, appendix A: the original, the patch, the result.
APPENDIX: list[tuple[Json, Json, Json]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]
# Section 3 of the same: the document, the patch, the result.
DOCUMENT: JsonObject = {
    "title": "Goodbye!",
    "author": {"givenName": "John", "familyName": "Doe"},
    "tags": ["example", "sample"],
    "content": "This will be unchanged",
}
PATCH: JsonObject = {
    "title": "Hello!",
    "phoneNumber": "+01-123-456-7890",
    "author": {"familyName": None},
    "tags": ["example"],
}


@pytest.mark.parametrize(("target", "patch", "result"), APPENDIX)
def test_the_appendix(target: Json, patch: Json, result: Json) -> None:
    """Every test case of the RFC's appendix A."""
    assert merged(target, patch) == result


def test_the_example() -> None:
    """The worked example of the RFC's section 3."""
    assert merged_object(DOCUMENT, PATCH) == {
        "title": "Hello!",
        "author": {"givenName": "John"},
        "tags": ["example"],
        "content": "This will be unchanged",
        "phoneNumber": "+01-123-456-7890",
    }


@given(json_values, json_values)
@property_test
def test_merging_alters_neither_input(target: Json, patch: Json) -> None:
    """The document and the patch are the same after merging as before."""
    before = copy.deepcopy((target, patch))
    merged(target, patch)
    assert same_json(list(before), [target, patch])


@given(json_values, json_values)
@property_test
def test_merging_again_changes_nothing(target: Json, patch: Json) -> None:
    """A patch merged a second time finds its work done, whatever it holds."""
    once = merged(target, patch)
    assert same_json(merged(once, patch), once)


@given(json_objects, json_objects)
@property_test
def test_each_field_of_a_patch(target: JsonObject, patch: JsonObject) -> None:
    """A null removes, anything else is there afterwards, and what is not named stays."""
    result = merged_object(target, patch)
    for name in {*target, *patch}:
        if name not in patch:
            assert same_json(result[name], target[name])
        elif patch[name] is None:
            assert name not in result
        elif not isinstance(patch[name], dict):
            assert same_json(result[name], patch[name])
        else:
            assert same_json(result[name], merged(target.get(name), patch[name]))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1", "1.0", True),
        ("[1, {}]", "[1.0, {}]", True),
        ('{"a": 1, "b": 2}', '{"b": 2.0, "a": 1}', True),
        ("0", "-0.0", True),
        ("true", "1", False),
        ("false", "0", False),
        ('{"a": [true]}', '{"a": [1]}', False),
        ("true", "true", True),
        ("null", "false", False),
        ("null", "0", False),
        ('"1"', "1", False),
        ("[]", "{}", False),
        ("[1, 2]", "[2, 1]", False),
        ("[1]", "[1, 1]", False),
        ('{"a": null}', "{}", False),
        ("9007199254740993", "9007199254740992", False),
        ("1e23", "100000000000000000000000", True),
    ],
)
def test_equality(one: str, other: str, *, same: bool) -> None:
    """Numbers are equal by value however they are written; true is no number, null not nothing."""
    assert same_json(from_json(one), from_json(other)) is same
    assert same_json(from_json(other), from_json(one)) is same


@given(json_values, json_values)
@property_test
def test_equality_is_an_equality(one: Json, other: Json) -> None:
    """Every value is itself, and the order of the two does not matter."""
    assert same_json(one, copy.deepcopy(one))
    assert same_json(one, other) is same_json(other, one)


@given(json_objects, json_objects)
@property_test
def test_changed_fields(before: JsonObject, after: JsonObject) -> None:
    """None has changed exactly if the two are the same; each that differs is named once."""
    changed = changed_fields(before, after)
    assert (not changed) is same_json(before, after)
    assert len(changed) == len(set(changed))
    for name in {*before, *after}:
        differs = (name in before) != (name in after) or not same_json(before[name], after[name])
        assert (name in changed) is differs


@given(json_objects, json_objects)
@property_test
def test_a_patch_without_effect_changes_no_field(target: JsonObject, patch: JsonObject) -> None:
    """What a patch has done once, it does not report a second time."""
    once = merged_object(target, patch)
    assert changed_fields(once, merged_object(once, patch)) == []
