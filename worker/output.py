"""Printing for programs and for people."""

from typing import Any

import typer
from pydantic_core import to_json
from rich.console import Console

people = Console(highlight=False, soft_wrap=True)
"""Where tables and colours go."""


def print_json(document: Any) -> None:  # noqa: ANN401 - whatever JSON can say
    """Print a line of JSON."""
    typer.echo(to_json(document, bytes_mode="base64").decode())
