"""Every knob: its unit, its bounds and the reason for its default.

Read from the environment (prefix `STOCK_`, nested by `__`), from `*_FILE` for a secret, then from
`stock.toml` (or the file `STOCK_CONFIG` names). Unknown keys are refused; secrets have no default.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import platformdirs
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from streams.clarus.records import BODY_BYTES_MAX
from streams.clarus.settings import ClarusSettings
from streams.section import Section

APP_NAME = "stock-ledger"
LOCAL_KAFKA_PORT = 29092

Milliseconds = Annotated[int, Field(ge=1, le=600_000)]


class KafkaSettings(Section):
    """How to reach Kafka, and what to ask of it."""

    # None: three copies, or as many as there are brokers.
    replication: int | None = Field(default=None, ge=1, le=9)
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None


class EngineSettings(Section):
    """The pace of the lanes. Defaults are the measured ones of `ledger/decisions.md`."""

    cut_interval_ms: Milliseconds = 50  # between two transactions of one lane under load
    cut_records_max: int = Field(
        default=20_000, ge=1, le=1_000_000
    )  # a lane cuts at once at this many
    poll_records_max: int = Field(
        default=5_000, ge=1, le=100_000
    )  # one list of records at the most
    transaction_timeout_ms: Milliseconds = 10_000  # a frozen peer's transaction ends by then
    session_timeout_ms: Milliseconds = 8_000  # a dead member's partitions move after this
    stall_s: float = Field(default=30.0, gt=0)  # lag without progress for so long ends the worker


class DoorSettings(Section):
    """What the webhook door takes in, and how much of it at a time."""

    # Larger: 413. The bound is translate's: what it makes of a body must fit Kafka's 1 MiB.
    body_bytes_max: int = Field(default=262_144, ge=1_024, le=BODY_BYTES_MAX)
    request_s_max: float = Field(default=10.0, gt=0, le=60)  # head and body; longer: 408
    # More wait in the system's queue; those who have not shown the secret make way before.
    connections_max: int = Field(default=64, ge=1, le=4_096)
    # Deliveries, and their bytes, that Kafka has not acknowledged yet; beyond either: 503.
    in_flight_max: int = Field(default=1_000, ge=1, le=100_000)
    in_flight_bytes_max: int = Field(default=33_554_432, ge=1_048_576, le=1_073_741_824)
    allow: tuple[str, ...] = ()  # addresses or networks that may call; none: whoever has the secret


class BooksSettings(Section):
    """The book's own rules."""

    time_zone: str = "Europe/London"  # UTC months misfile the first hour of summer

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"there is no time zone {name!r}")
        return name


class CategoryRow(Section):
    """A row of the tenant's own in the chart of categories."""

    name: str = Field(min_length=1, max_length=60)
    mode: Literal["khaos_posts", "reclass", "we_post", "memo"]
    account: str = Field(min_length=1, max_length=60)
    owner: str = "finance"


class RuleRow(Section):
    """A reason code or a phrase, and the category it stands for."""

    text: str = Field(min_length=1, max_length=60)
    category: str
    direction: Literal["any", "in", "out"] = "any"


class Settings(BaseSettings):
    """The effective settings of one process."""

    model_config = SettingsConfigDict(
        env_prefix="STOCK_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        toml_file="stock.toml",
    )

    kafka: str | None = None  # bootstrap servers; none: this machine's own broker
    kafka_client: KafkaSettings = KafkaSettings()  # the table [kafka] of stock.toml
    kafka_port: int = Field(
        default=LOCAL_KAFKA_PORT, ge=1024, le=65534
    )  # of the local broker; +1 too
    home: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir(APP_NAME)))
    # Kafka's jars; may be copied from another machine.
    cache: Path = Field(default_factory=lambda: Path(platformdirs.user_cache_dir(APP_NAME)))
    door_bind: str = "127.0.0.1:8480"
    door_secret: SecretStr | None = None
    web_bind: str = "127.0.0.1:6066"
    web_url: str | None = None
    web_token: SecretStr | None = None
    partitions: int = Field(default=8, ge=1, le=1024)
    engine: EngineSettings = EngineSettings()
    door: DoorSettings = DoorSettings()
    clarus: ClarusSettings = ClarusSettings()
    books: BooksSettings = BooksSettings()
    # The tables [[category]], [[reason]] and [[phrase]]: the tenant's rows over the shipped chart.
    category: tuple[CategoryRow, ...] = ()
    reason: tuple[RuleRow, ...] = ()
    phrase: tuple[RuleRow, ...] = ()

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
        file = os.environ.get(CONFIG_VARIABLE, "stock.toml")
        return (
            init_settings,
            KnownVariables(settings_cls),
            SecretFiles(settings_cls),
            StockToml(settings_cls, Path(file)),
        )


class KnownVariables(EnvSettingsSource):
    """The environment; a misspelt `STOCK_` variable is refused, not passed over."""

    def __call__(self) -> dict[str, Any]:
        """Return what the environment sets; raise `ValueError` for a name nobody reads."""
        known = {f"STOCK_{name}".upper() for name in self.settings_cls.model_fields}
        secrets = {f"{variable}_FILE" for variable in _secret_variables()}
        for variable in os.environ:
            name = variable.partition("__")[0]
            if variable.startswith("STOCK_") and not (
                name in known
                or variable in secrets
                or variable in _NOT_SETTINGS
                or variable.startswith("STOCK_FAUST_")
            ):
                raise ValueError(f"there is no setting {variable}: see `stock doctor --settings`")
        return super().__call__()


class SecretFiles(PydanticBaseSettingsSource):
    """`STOCK_DOOR_SECRET_FILE` and its like: the content of the file, less the line's end."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        """Return nothing: all is read at once in `__call__`."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the secrets that files hold."""
        found: dict[str, Any] = {}
        for variable, path in _secret_variables().items():
            file = os.environ.get(f"{variable}_FILE")
            if not file:
                continue
            if variable in os.environ:
                raise ValueError(f"both {variable} and {variable}_FILE are set: keep one")
            inner = found
            for name in path[:-1]:
                inner = inner.setdefault(name, {})
            inner[path[-1]] = Path(file).read_text().rstrip("\r\n")
        return found


class StockToml(TomlConfigSettingsSource):
    """`stock.toml`; its table `[kafka]` is `kafka_client`, because STOCK_KAFKA is a plain text."""

    def _read_file(self, file_path: Any) -> dict[str, Any]:
        tables = super()._read_file(file_path)
        if isinstance(tables.get("kafka"), dict):
            tables["kafka_client"] = tables.pop("kafka")
        return tables


def masked(settings: Settings) -> dict[str, Any]:
    """Return the effective settings as plain values, secrets as stars."""
    return settings.model_dump(mode="json")


CONFIG_VARIABLE = "STOCK_CONFIG"
# Variables of this program that are no settings: see `streams/supervisor.py`.
_NOT_SETTINGS = frozenset({CONFIG_VARIABLE, "STOCK_LAST_WORDS", "STOCK_SUPERVISED"})


def _secret_variables() -> dict[str, tuple[str, ...]]:
    return {
        "STOCK_DOOR_SECRET": ("door_secret",),
        "STOCK_WEB_TOKEN": ("web_token",),
        "STOCK_KAFKA_CLIENT__SASL_PASSWORD": ("kafka_client", "sasl_password"),
    }
