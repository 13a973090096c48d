"""Printing for programs and for people."""

from typing import Any

import typer
from pydantic_core import to_json
from rich.console import Console

people = Console(highlight=False, soft_wrap=True, markup=False)
"""Where tables and colours go. No markup: what senders wrote is shown as it is."""


def harmless(text: str) -> str:
    """Return a text whose control characters a terminal shows and does not obey."""
    return "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in text)


def print_json(document: Any) -> None:  # noqa: ANN401 - whatever JSON can say
    """Print a line of JSON."""
    typer.echo(to_json(document, bytes_mode="base64").decode())
