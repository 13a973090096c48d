"""`venue-worker schemas`."""

from pathlib import Path
from typing import Annotated

import typer

from worker.errors import OperatorError
from worker.schemas import all_schemas
from worker.settings import ROOT

app = typer.Typer(help="JSON Schemas of the messages.", no_args_is_help=True)
Directory = Annotated[Path, typer.Argument(help="where the schemas stand")]


@app.command("write")
def write(directory: Directory = ROOT / "schemas") -> None:
    """Write the schemas from the models."""
    for name, text in all_schemas().items():
        path = directory / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        except OSError as error:
            raise OperatorError(f"cannot write {path}: {error.strerror}") from error
        typer.echo(f"wrote {path}")


@app.command("check")
def check(directory: Directory = ROOT / "schemas") -> None:
    """Fail if the schemas on disk are not those of the models."""
    expected = all_schemas()
    found = {
        str(path.relative_to(directory)): path.read_text() for path in directory.rglob("*.json")
    }
    wrong = sorted(name for name in {*expected, *found} if expected.get(name) != found.get(name))
    if wrong:
        raise OperatorError(f"differ from the models: {', '.join(wrong)}; run `schemas write`")
    typer.echo(f"{len(expected)} schemas are those of the models")
