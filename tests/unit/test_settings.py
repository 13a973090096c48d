"""Settings come from the environment; one that cannot be used is named in the error."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from worker import app
from worker.cli.main import main
from worker.settings import Settings

KEY = "bm90LXNlY3JldC1mb3ItbG9jYWwtc2VydmVycy1vbmw="
OTHER = "b3RoZXItc2VjcmV0LWZvci1sb2NhbC1zZXJ2ZXJzLS0="
BAD = [
    *[("http_port", value) for value in ("", "x", "-1", "65536", "80.5")],
    *[("partitions", value) for value in ("0", "65", "many", "")],
    *[("batch_size", value) for value in ("0", "-5", "5001", "1.5", "all")],
    *[("prefetch", value) for value in ("0", "50001", "")],
    *[("max_message_bytes", value) for value in ("1023", "1MiB")],
    *[("grace_seconds", value) for value in ("0", "-1", "nan", "soon")],
    *[("database_timeout_seconds", value) for value in ("0", "nan", "")],
    *[("confirm_timeout_seconds", value) for value in ("0", "nan", "")],
    *[("statement_cache_size", value) for value in ("-1", "x")],
    *[("attempts", value) for value in ("0", "101", "x")],
    *[("retry_seconds", value) for value in ("0", "nan", "")],
    *[("keep_outcomes_days", value) for value in ("0", "-1", "nan", "")],
    *[("keep_events_days", value) for value in ("0", "-1", "nan")],
    *[("keep_discarded_days", value) for value in ("0", "-1", "nan", "")],
    *[("parked_warning", value) for value in ("-1", "x")],
    *[("secret_keys", value) for value in ("x", "c2hvcnQ=", f"{KEY},x")],
    *[("required_documents", value) for value in ("w10", "w9;w8", "w9,Other")],
    *[("log_format", value) for value in ("xml", "", "JSON ")],
    *[("log_level", value) for value in ("loud", "")],
]
GOOD: list[tuple[str, str, object]] = [
    ("amqp_url", "amqps://a:b@broker/venue", "amqps://a:b@broker/venue"),
    ("database_url", "postgresql://db/venue", "postgresql://db/venue"),
    ("http_host", "0.0.0.0", "0.0.0.0"),  # noqa: S104 - a value, nothing listens
    ("http_port", "0", 0),
    ("partitions", "6", 6),
    ("batch_size", "5000", 5000),
    ("prefetch", "1", 1),
    ("max_message_bytes", "1024", 1024),
    ("grace_seconds", "0.5", 0.5),
    ("database_timeout_seconds", "3", 3.0),
    ("confirm_timeout_seconds", "3", 3.0),
    ("statement_cache_size", "0", 0),
    ("attempts", "1", 1),
    ("retry_seconds", "0.5", 0.5),
    ("keep_outcomes_days", "7", 7.0),
    ("keep_events_days", "365", 365.0),
    ("keep_discarded_days", "7", 7.0),
    ("parked_warning", "0", 0),
    ("secret_keys", f"{KEY}, {OTHER}", (SecretStr(KEY), SecretStr(OTHER))),
    ("required_documents", "", ()),
    ("required_documents", "w9, liquor_license,w9,", ("w9", "liquor_license")),
    ("publishers", "/etc/publishers.json", Path("/etc/publishers.json")),
    ("migrations", "/srv/migrations", Path("/srv/migrations")),
    ("log_format", "console", "console"),
    ("log_level", "debug", "debug"),
]


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine's own, and no `.env`."""
    for name in [name for name in os.environ if name.startswith("VENUE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def _variable(name: str) -> str:
    return f"VENUE_{name.upper()}"


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_value(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command ends with a non-zero exit and one line that names the variable."""

    async def never(_: Settings) -> None:
        raise AssertionError("the worker would have run")

    monkeypatch.setattr(app, "run", never)
    monkeypatch.setattr("sys.argv", ["venue-worker", "run"])
    monkeypatch.setenv(_variable(name), value)
    _assert_one_line(_variable(name), capsys)


@pytest.mark.parametrize("text", [None, "", '{"a": {"commands": "*", "tenants": "*"}}'])
def test_a_bad_file_of_publishers(
    text: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A file that is missing or malformed ends the command the same way, before it connects."""

    def never(*_: object) -> None:
        raise AssertionError("the worker would have connected")

    monkeypatch.setattr(app, "database_for", never)
    path = tmp_path / "publishers.json"
    if text is not None:
        path.write_text(text)
    monkeypatch.setattr("sys.argv", ["venue-worker", "run"])
    monkeypatch.setenv("VENUE_PUBLISHERS", str(path))
    _assert_one_line("VENUE_PUBLISHERS", capsys)


def _assert_one_line(variable: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code not in {0, None}
    printed = capsys.readouterr().err.strip()
    assert variable in printed
    assert len(printed.splitlines()) == 1
    assert "Traceback" not in printed


@pytest.mark.parametrize(("name", "value", "read"), GOOD)
def test_a_good_value(name: str, value: str, read: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each setting is read from its variable."""
    monkeypatch.setenv(_variable(name), value)
    assert getattr(Settings(), name) == read


def test_every_setting_is_tested() -> None:
    """A setting has a good value above, and a default that needs no environment."""
    assert {name for name, _, _ in GOOD} == set(Settings.model_fields)
    assert Settings().http_port == 8080


def test_every_setting_is_described() -> None:
    """The table of settings has something to say of each."""
    assert all(field.description for field in Settings.model_fields.values())


def test_a_file_of_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `.env` is read where there is one, the environment counts more, and others' lines less."""
    lines = ["VENUE_HTTP_PORT=9000", "VENUE_BATCH_SIZE=7", "OTHER=1", "VENUE_OF_ANOTHER=2"]
    (tmp_path / ".env").write_text("\n".join(lines))
    monkeypatch.setenv("VENUE_BATCH_SIZE", "8")
    settings = Settings()
    assert (settings.http_port, settings.batch_size) == (9000, 8)
