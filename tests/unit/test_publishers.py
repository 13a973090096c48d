"""The file of publishers: which AMQP users may send which commands for which tenants."""

from pathlib import Path

import pytest

from tests.unit.samples import MOST, TENANT, VAULT, codes, envelope, structured
from worker.domain.command import Command
from worker.errors import OperatorError
from worker.pipeline.decode import decode
from worker.pipeline.publishers import Publishers, read_publishers

FILE = """{
  "box-office": {"commands": ["venue.create", "venue.update"], "tenants": ["%s"]},
  "back-office": {"commands": ["venue.*"], "tenants": "*"},
  "intern": {"commands": [], "tenants": "*"},
  "nobody": {"commands": ["*"], "tenants": []}
}"""
OTHER = "6a1d5f7e-7a51-4c8e-9f5a-0d6c5f1f2a11"


def _command(user: object, type_: str, tenant: str) -> Command:
    properties = {} if user is None else {"user_id": user}
    read = decode(structured(envelope(type_, tenantid=tenant), properties=properties), MOST, VAULT)
    assert isinstance(read, Command), read
    return read


@pytest.fixture
def publishers(tmp_path: Path) -> Publishers:
    """The publishers of the file above, its tenant in capitals."""
    path = tmp_path / "publishers.json"
    path.write_text(FILE % TENANT.upper())
    return read_publishers(path)


@pytest.mark.parametrize(
    ("user", "type_", "tenant"),
    [
        ("box-office", "venue.create", TENANT),
        ("box-office", "venue.update", TENANT.upper()),
        ("back-office", "venue.activate", TENANT),
        ("back-office", "venue.create", OTHER),
    ],
)
def test_allowed(publishers: Publishers, user: str, type_: str, tenant: str) -> None:
    """A user may send the commands of its patterns for its tenants, in any case of the UUID."""
    assert publishers.refusal(_command(user, type_, tenant)) is None


@pytest.mark.parametrize(
    ("user", "type_", "tenant"),
    [
        ("box-office", "venue.activate", TENANT),
        ("box-office", "venue.create", OTHER),
        ("Box-Office", "venue.create", TENANT),
        ("intern", "venue.create", TENANT),
        ("nobody", "venue.create", TENANT),
        ("unheard-of", "venue.create", TENANT),
        (None, "venue.create", TENANT),
        ("", "venue.create", TENANT),
        (5, "venue.create", TENANT),
    ],
)
def test_refused(publishers: Publishers, user: object, type_: str, tenant: str) -> None:
    """Anything else is `publisher_not_allowed`, and a message without `user_id` is nobody's."""
    refusal = publishers.refusal(_command(user, type_, tenant))
    assert refusal is not None
    assert codes(refusal) == ["publisher_not_allowed"]


def test_a_user_without_a_name(tmp_path: Path) -> None:
    """No entry of the file is for messages without `user_id`, an empty name neither."""
    path = tmp_path / "publishers.json"
    path.write_text('{"": {"commands": ["*"], "tenants": "*"}}')
    one = _command(None, "venue.create", TENANT)
    try:
        refusal = read_publishers(path).refusal(one)
    except OperatorError:
        return
    assert refusal is not None


def test_without_a_file() -> None:
    """Whoever may publish to the exchange may then send every command."""
    assert read_publishers(None).refusal(_command(None, "venue.create", TENANT)) is None


def test_an_empty_file_of_grants(tmp_path: Path) -> None:
    """A file that grants nothing allows nothing, which is not the same as no file."""
    path = tmp_path / "publishers.json"
    path.write_text("{}")
    assert read_publishers(path).refusal(_command("guest", "venue.create", TENANT)) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        '{"a": []}',
        '{"a": {"commands": ["*"]}}',
        '{"a": {"tenants": "*"}}',
        '{"a": {"commands": "*", "tenants": "*"}}',
        '{"a": {"commands": ["*"], "tenants": "all"}}',
        '{"a": {"commands": ["*"], "tenants": ["no uuid"]}}',
        '{"a": {"commands": ["*"], "tenants": "*", "queues": []}}',
    ],
)
def test_a_malformed_file(tmp_path: Path, text: str) -> None:
    """The worker does not start with it; the error names the setting and the file."""
    path = tmp_path / "publishers.json"
    path.write_text(text)
    _assert_unusable(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A file that cannot be read grants nothing to anybody: the worker does not start."""
    _assert_unusable(tmp_path / "publishers.json")
    _assert_unusable(tmp_path)


def _assert_unusable(path: Path) -> None:
    with pytest.raises(OperatorError) as caught:
        read_publishers(path)
    message = str(caught.value)
    assert message.startswith("VENUE_PUBLISHERS")
    assert str(path) in message
