"""A kept body as operators see it: what it is about, and none of its secrets."""

from typing import Any

from pydantic_core import from_json, to_json

from worker.domain.command import COMMANDS
from worker.domain.secret_names import suggests_secret

HIDDEN = "[redacted]"


def redacted(body: bytes, command_type: str | None) -> str:
    """Return a body as text without its secrets.

    Of a command that may hold secrets, and of what is no command that there is, every text in
    `data` is hidden; of others what stands under a name that suggests a secret.
    """
    try:
        document = from_json(body)
    except ValueError:
        return f"[{len(body)} bytes that are no JSON, not shown: --reveal shows them]"
    spec = COMMANDS.get(command_type or "")
    trusted = spec is not None and not spec.data.secret
    if isinstance(document, dict) and not trusted and "specversion" in document:
        return to_json({k: _outside(k, v) for k, v in document.items()}, indent=2).decode()
    return to_json(without_secrets(document) if trusted else _hidden(document), indent=2).decode()


def _outside(name: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    plain = isinstance(value, str | int) and name in ATTRIBUTES
    return value if plain else _hidden(value)


ATTRIBUTES = frozenset(
    {
        "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "tenantid",
        "actorid", "expectedversion", "notbefore", "correlationid", "traceparent", "tracestate",
    }
)  # fmt: skip
"""The envelope, which holds no secrets."""


def without_secrets(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a document without what stands under a name that suggests a secret."""
    if isinstance(value, dict):
        return {
            name: _hidden(item) if suggests_secret(name) else without_secrets(item)
            for name, item in value.items()
        }
    return [without_secrets(item) for item in value] if isinstance(value, list) else value


def _hidden(value: Any) -> Any:  # noqa: ANN401 - JSON
    match value:
        case dict():
            return {name: _hidden(item) for name, item in value.items()}
        case list():
            return [_hidden(item) for item in value]
        case None | bool():
            return value
    return HIDDEN
