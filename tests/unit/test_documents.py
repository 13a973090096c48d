"""What the documents say of settings and files is what there is."""

import re
from pathlib import Path

from pydantic_core import to_json

from worker.domain.families import COMMANDS
from worker.domain.settings import DEFAULTS
from worker.settings import ROOT, Settings


def test_the_table_of_settings_is_complete() -> None:
    """Each setting stands in the operators' table, with its description."""
    table = (ROOT / "docs" / "operators.md").read_text()
    for name, field in Settings.model_fields.items():
        row = next(line for line in table.splitlines() if f"| `VENUE_{name.upper()}` |" in line)
        assert field.description is not None
        assert field.description in row


def test_links_lead_somewhere() -> None:
    """Every relative link of the documents names a file that exists."""
    for document in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!http)([^)#]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_command_has_an_example() -> None:
    """`examples/` shows each command there is."""
    shown = {path.name.split("-", 1)[1].removesuffix(".json") for path in _examples()}
    assert shown == set(COMMANDS)


def _examples() -> list[Path]:
    return list((ROOT / "examples").glob("*.json"))


def test_the_table_of_venue_settings_is_complete() -> None:
    """Each setting of a venue stands in its page's table, with its default."""
    rows = (ROOT / "docs" / "venue" / "settings.md").read_text().splitlines()
    for section, settings in DEFAULTS.items():
        for name, default in settings.items():
            row = next(line for line in rows if line.startswith(f"| `{section}.{name}` |"))
            assert f"| `{to_json(default).decode()}` |" in row
