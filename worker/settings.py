"""Every setting, with its unit and default: environment variables `VENUE_…`, or a `.env` file."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import parse_qs, urlsplit

from cryptography.fernet import Fernet
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from yarl import URL

from worker.domain.documents_data import Kind

ROOT = Path(__file__).resolve().parent.parent

Days = Annotated[float, Field(gt=0, le=36_500, allow_inf_nan=False)]
Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]


def _url_of(*schemes: str) -> AfterValidator:
    def check(value: str) -> str:
        url = URL(value)  # raises ValueError for what is no URL, such as a port that is none
        if url.scheme not in schemes or not url.host:
            raise ValueError(f"give a URL such as {schemes[0]}://user:password@host:port/name")
        if not url.query.get("heartbeat", "0").isdecimal():
            raise ValueError("give heartbeat as seconds")
        # As the database's driver reads it, which tells only when it connects.
        parse_qs(urlsplit(value).query, strict_parsing=bool(url.query_string))
        return value

    return AfterValidator(check)


def _words(value: object) -> object:
    """Read a list that is separated by commas; what is named twice counts once."""
    if not isinstance(value, str):
        return value
    return tuple(dict.fromkeys(word.strip() for word in value.split(",") if word.strip()))


AmqpUrl = Annotated[str, _url_of("amqp", "amqps")]


def _fernet_key(value: SecretStr) -> SecretStr:
    try:
        Fernet(value.get_secret_value())
    except ValueError:
        raise ValueError("give keys that `venue-worker secrets new` prints") from None
    return value


SecretKeys = Annotated[
    tuple[Annotated[SecretStr, AfterValidator(_fernet_key)], ...], NoDecode, BeforeValidator(_words)
]
DatabaseUrl = Annotated[str, _url_of("postgresql", "postgres")]


class Settings(BaseSettings):
    """The worker's settings; a description is what the README's table says of it."""

    model_config = SettingsConfigDict(
        env_prefix="VENUE_", env_file=".env", extra="ignore", frozen=True
    )

    amqp_url: AmqpUrl = Field(
        "amqp://guest:guest@127.0.0.1:5672/",
        description="RabbitMQ, `amqp://` or `amqps://` for TLS, with `?cafile=FILE` for an "
        "authority of your own; `?heartbeat=SECONDS` is honoured",
    )
    database_url: DatabaseUrl = Field(
        "postgresql://venue:venue@127.0.0.1:5432/venue",
        description="PostgreSQL; `?sslmode=verify-full` for TLS, with `&sslrootcert=FILE` for an "
        "authority of your own",
    )
    http_host: str = Field("127.0.0.1", description="address of the HTTP port")
    http_port: Annotated[int, Field(ge=0, le=65535)] = Field(
        8080, description="the HTTP port; 0 takes a free one and logs it"
    )
    partitions: Annotated[int, Field(ge=1, le=64)] | None = Field(
        None, description="command queues there have to be; none: as many as the database says"
    )
    batch_size: Annotated[int, Field(ge=1, le=5000)] = Field(
        250, description="commands in a transaction at most; a quiet queue makes smaller batches"
    )
    prefetch: Annotated[int, Field(ge=1, le=50_000)] = Field(
        1000, description="commands the broker hands out before it wants settlements"
    )
    max_message_bytes: Annotated[int, Field(ge=1024)] = Field(
        1_048_576, description="bytes of a command or event at most"
    )
    grace_seconds: Seconds = Field(
        25.0, description="seconds that a stop may take to settle the batch in hand"
    )
    database_timeout_seconds: Seconds = Field(
        15.0, description="seconds until a statement is given up and its batch tried again"
    )
    statement_cache_size: Annotated[int, Field(ge=0)] = Field(
        100, description="prepared statements kept; 0 behind PgBouncer in transaction mode"
    )
    confirm_timeout_seconds: Seconds = Field(
        15.0, description="seconds until an unconfirmed publish counts as failed"
    )
    attempts: Annotated[int, Field(ge=1, le=100)] = Field(
        8, description="tries of a command that fails unexpectedly, before it is parked"
    )
    retry_seconds: Seconds = Field(
        5.0, description="seconds before the second try; each further one waits three times as long"
    )
    parked_warning: Annotated[int, Field(ge=0)] = Field(
        100, description="parked commands above which health warns"
    )
    keep_outcomes_days: Days = Field(
        14, description="days that outcomes are kept: a resend after that runs again"
    )
    keep_events_days: Days | None = Field(
        None, description="days that published events are kept; none: for ever"
    )
    keep_discarded_days: Days = Field(
        30, description="days that parked commands are kept once they were replayed or discarded"
    )
    required_documents: Annotated[tuple[Kind, ...], NoDecode, BeforeValidator(_words)] = Field(
        (), description="kinds of documents, by commas, without which no venue is activated"
    )
    publishers: Path | None = Field(
        None, description="JSON file: which AMQP `user_id` may send what; none: all may"
    )
    secret_keys: SecretKeys = Field(
        (),
        description="Fernet keys, comma-separated, at least one: the first encrypts credentials "
        "and kept commands, all decrypt; `venue-worker secrets new` prints one",
    )
    migrations: Path = Field(ROOT / "migrations", description="directory of the migrations")
    log_format: Literal["json", "console"] = Field("json", description="`json` or `console`")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="`debug` also logs each applied command"
    )
