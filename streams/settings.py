"""Every knob: its unit, its bounds and the reason for its default.

Read from the environment (prefix `STOCK_`, nested by `__`), from `*_FILE` for a secret, then from
`stock.toml` (or the file `STOCK_CONFIG` names). Unknown keys are refused; secrets have no default.
"""

import os
import re
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

import platformdirs
from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from streams.clarus.records import BODY_BYTES_MAX
from streams.clarus.settings import ClarusSettings
from streams.section import Section
from streams.settings_sources import KnownVariables, SecretFiles, StockToml, toml_file

APP_NAME = "stock-ledger"
SETTLED_WITHIN_S = 20.0  # Kafka shows a commit by then, or the lane ends: `engine.settling`
LOCAL_KAFKA_PORT = 29092
_SERVER = re.compile(
    r"(?:(?:[\w-]{1,63}\.)*[\w-]{1,63}\.?|\[[\da-f:.]+\]):(\d{1,5})", re.ASCII | re.IGNORECASE
)


def _is_an_address(bind: str) -> str:
    host, colon, port = bind.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon or not port.isdecimal() or int(port) > 65_535 or (":" in host and not bracketed):
        raise ValueError(f"{bind!r} is no address: host:port, as 127.0.0.1:8480 or [::1]:8480")
    return bind


def _are_servers(listed: str) -> str:
    servers = [server.strip() for server in listed.split(",")]
    for server in servers:
        found = _SERVER.fullmatch(server)
        if found is None or not 0 < int(found[1]) <= 65_535:
            shown = re.sub(r".*@", "...@", server)  # some write a login before it
            raise ValueError(
                f"{shown!r} is no server: host:port, as kafka:9092 or [::1]:9092; "
                "commas between several"
            )
    return ",".join(servers)


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError(f"{path}: there is no such user") from None


def _is_readable(path: Path) -> Path:
    file = _expanded(path)
    if not file.is_file():
        raise ValueError(f"{file}: there is no such file")
    if not os.access(file, os.R_OK):
        raise ValueError(f"{file}: this user may not read it")
    return file


Milliseconds = Annotated[int, Field(ge=1, le=600_000)]
Bind = Annotated[str, AfterValidator(_is_an_address)]
Servers = Annotated[str, AfterValidator(_are_servers)]
Folder = Annotated[Path, AfterValidator(_expanded)]
File = Annotated[Path, AfterValidator(_is_readable)]


class KafkaSettings(Section):
    """How to reach Kafka, and what to ask of it."""

    # None: three copies, or as many as there are brokers.
    replication: int | None = Field(default=None, ge=1, le=9)
    # Encrypted (SSL) and with a login (SASL) or not; as the cluster's listener is.
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"  # of the login
    sasl_username: str | None = None  # with SASL
    sasl_password: SecretStr | None = None  # with SASL; STOCK_KAFKA_CLIENT__SASL_PASSWORD_FILE too
    ca_file: File | None = None  # PEM; none: the system's authorities
    certificate_file: File | None = None  # PEM; ours, where the cluster asks clients for one
    key_file: File | None = None  # PEM; to the certificate

    @model_validator(mode="after")
    def _has_its_login(self) -> Self:
        protocol = self.security_protocol
        if protocol.startswith("SASL") and not (self.sasl_username and self.sasl_password):
            raise ValueError(
                f"{protocol} is a login: set sasl_username and sasl_password, as "
                "STOCK_KAFKA_CLIENT__SASL_USERNAME and STOCK_KAFKA_CLIENT__SASL_PASSWORD_FILE"
            )
        return self


class EngineSettings(Section):
    """The pace of the lanes. Defaults are the measured ones of `ledger/decisions.md`."""

    cut_interval_ms: Milliseconds = 50  # between two transactions of one lane under load
    # Instead, for a lane that has folded 500 since its last cut: each cut writes every card that
    # was touched, so fewer are cheaper, and what is behind anyway can wait.
    backlog_interval_ms: Milliseconds = 1_000
    # A lane cuts at once at this many. More at a time are no cheaper, and take more memory.
    cut_records_max: int = Field(default=4_000, ge=1, le=1_000_000)
    # One list of records at the most: fewer lists are cheaper, more records take more memory.
    poll_records_max: int = Field(default=2_000, ge=1, le=100_000)
    transaction_timeout_ms: Milliseconds = 10_000  # a frozen peer's transaction ends by then
    # A dead member's partitions move after this; the least is two looks of its watch.
    session_timeout_ms: int = Field(default=8_000, ge=2_000, le=600_000)
    # Lag without progress for so long ends the worker; longer than a cut may be waited for.
    stall_s: float = Field(default=30.0, gt=SETTLED_WITHIN_S)

    @model_validator(mode="after")
    def _who_waits_for_its_cut_does_not_stall(self) -> Self:
        waits_s = max(self.cut_interval_ms, self.backlog_interval_ms) / 1000
        if waits_s + SETTLED_WITHIN_S >= self.stall_s:
            raise ValueError(
                f"a lane waits up to {waits_s:g} s for its cut, and Kafka may take "
                f"{SETTLED_WITHIN_S:g} s to show it: set stall_s above "
                f"{waits_s + SETTLED_WITHIN_S:g}, or cut_interval_ms and backlog_interval_ms lower"
            )
        return self


class DoorSettings(Section):
    """What the webhook door takes in, and how much of it at a time."""

    # Larger: 413. The bound is translate's: what it makes of a body must fit Kafka's 1 MiB.
    body_bytes_max: int = Field(default=262_144, ge=1_024, le=BODY_BYTES_MAX)
    request_s_max: float = Field(default=10.0, gt=0, le=60)  # head and body; longer: 408
    # More wait in the system's queue; those who have not shown the secret make way before.
    connections_max: int = Field(default=256, ge=1, le=4_096)
    # Deliveries, and their bytes, that Kafka has not acknowledged yet; beyond either: 503.
    in_flight_max: int = Field(default=1_000, ge=1, le=100_000)
    in_flight_bytes_max: int = Field(default=33_554_432, ge=1_048_576, le=1_073_741_824)
    # Addresses or networks that may call; none: whoever has the secret. Behind a proxy it is the
    # proxy's address that is seen: let the proxy hold the list then.
    allow: tuple[str, ...] = ()

    @field_validator("allow")
    @classmethod
    def _are_networks(cls, allow: tuple[str, ...]) -> tuple[str, ...]:
        for text in allow:
            ip_network(text, strict=False)
        return allow


class BooksSettings(Section):
    """The book's own rules."""

    # UTC months misfile the first hour of summer. With header events alone it is never behind UTC:
    # a bare date is 00:00 UTC, which is the day before there.
    time_zone: str = "Europe/London"

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"there is no time zone {name!r}")
        return name

    @property
    def is_ever_behind_utc(self) -> bool:
        """Say whether a month of this year begins behind UTC."""
        zone = ZoneInfo(self.time_zone)
        year = datetime.now(UTC).year
        begins = (datetime(year, month, 1, tzinfo=UTC) for month in range(1, 13))
        return any((at.astimezone(zone).utcoffset() or timedelta()) < timedelta() for at in begins)


class CategoryRow(Section):
    """A row of the tenant's own in the chart of categories."""

    name: str = Field(min_length=1, max_length=60)
    mode: Literal["khaos_posts", "reclass", "we_post", "memo"]
    account: str = Field(min_length=1, max_length=60)
    owner: str = Field(default="finance", min_length=1, max_length=60)


class RuleRow(Section):
    """A reason code or a phrase, and the category it stands for."""

    text: str = Field(min_length=1, max_length=60)
    category: str = Field(min_length=1, max_length=60)
    direction: Literal["any", "in", "out"] = "any"


class Settings(BaseSettings):
    """The effective settings of one process."""

    model_config = SettingsConfigDict(
        env_prefix="STOCK_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
    )

    kafka: Servers | None = None  # bootstrap servers; none: this machine's own broker
    kafka_client: KafkaSettings = KafkaSettings()  # the table [kafka] of stock.toml
    kafka_port: int = Field(
        default=LOCAL_KAFKA_PORT, ge=1024, le=65534
    )  # of the local broker; +1 too
    # State of this installation: the local Kafka's records, logs, Faust's folder.
    home: Folder = Field(default_factory=lambda: Path(platformdirs.user_data_dir(APP_NAME)))
    # Kafka's jars; may be copied from another machine.
    cache: Folder = Field(default_factory=lambda: Path(platformdirs.user_cache_dir(APP_NAME)))
    door_bind: Bind = "127.0.0.1:8480"  # where the door listens; beyond loopback put TLS before it
    # In the webhook's path, 32 bytes or more; the door does not start without one.
    door_secret: SecretStr | None = None
    web_bind: Bind = "127.0.0.1:6066"  # of the first worker; more take the next free ports
    web_url: str | None = None  # how other workers reach the first one; none: from web_bind
    # Of all workers, 32 bytes or more; needed where web_bind is beyond loopback.
    web_token: SecretStr | None = None
    # Of deliveries and of every topic keyed by SKU; fixed when the topics are made.
    partitions: int = Field(default=8, ge=1, le=1024)
    engine: EngineSettings = EngineSettings()
    door: DoorSettings = DoorSettings()
    clarus: ClarusSettings = ClarusSettings()
    books: BooksSettings = BooksSettings()
    # The tables [[category]], [[reason]] and [[phrase]]: the tenant's rows over the shipped chart.
    category: tuple[CategoryRow, ...] = ()
    reason: tuple[RuleRow, ...] = ()
    phrase: tuple[RuleRow, ...] = ()

    @field_validator("books")
    @classmethod
    def _dates_stay_in_their_month(
        cls, books: BooksSettings, known: ValidationInfo
    ) -> BooksSettings:
        clarus: ClarusSettings | None = known.data.get("clarus")  # none: it was refused itself
        if clarus is not None and clarus.feed == "headers" and books.is_ever_behind_utc:
            raise ValueError(
                f"time_zone {books.time_zone} is behind UTC, and with clarus.feed = 'headers' a "
                "document's bare date is 00:00 UTC: it would be booked to the day before, and the "
                "first of a month to the month before. Set a zone that is never behind UTC, as "
                "Europe/London, or have stock.* events sent and clarus.feed = 'stock'"
            )
        return books

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (ours reads it)
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (there is none)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (as above)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then files of secrets, then `stock.toml`."""
        return (
            init_settings,
            KnownVariables(settings_cls),
            SecretFiles(settings_cls),
            StockToml(settings_cls, toml_file()),
        )


def masked(settings: Settings) -> dict[str, Any]:
    """Return the effective settings as plain values, secrets as stars."""
    return settings.model_dump(mode="json")
