"""Every knob: its unit, its bounds and the reason for its default.

Read from the environment (prefix `STOCK_`, nested by `__`), from `*_FILE` for a secret, then from
`stock.toml` (or the file `STOCK_CONFIG` names). Unknown keys are refused; secrets have no default.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

APP_NAME = "stock-ledger"
LOCAL_KAFKA_PORT = 29092

Milliseconds = Annotated[int, Field(ge=1, le=600_000)]


class Section(BaseModel):
    """A table of `stock.toml`; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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

    body_bytes_max: int = Field(default=262_144, ge=1_024, le=8_388_608)  # larger: 413
    request_s_max: float = Field(default=10.0, gt=0, le=60)  # a body that takes longer: 408
    connections_max: int = Field(default=64, ge=1, le=4_096)  # more wait in the system's queue
    in_flight_max: int = Field(default=1_000, ge=1, le=100_000)  # deliveries not acknowledged yet
    allow: tuple[str, ...] = ()  # addresses or networks that may call; none: whoever has the secret


NoRecord = Literal["held_first", "saleable", "flag"]


class ClarusSettings(Section):
    """The tenant's words, and every assumption about bodies the vendor does not document."""

    tenant: str = Field(default="tenant", min_length=1, max_length=60)  # the subdomain; part of ids
    accounts: tuple[str, ...] = ()  # account codes of this company; any other is foreign
    sites: dict[str, str] = Field(default_factory=dict)  # warehouse code -> site; else itself
    feed: Literal["stock", "headers"] = "stock"  # "headers": no stock.* events can be sent
    # Which clock orders holds; arrival: the delivery's place in the log.
    hold_time: Literal["arrival", "created_at", "updated_at"] = "arrival"
    # What goods are taken to be that leave without naming a stock record, by category.
    no_record: dict[str, NoRecord] = Field(
        default_factory=lambda: {"damage": "held_first", "expired": "held_first"}
    )
    # UNKNOWN: whether a body's `id` is a transaction's. "record": the id is a stock record's, and
    # time and quantity are added to it. By event, e.g. {"stock.received": "record"}.
    id_is: dict[str, Literal["transaction", "record"]] = Field(default_factory=dict)
    # UNKNOWN: the sign of `quantity`. "positive": a negative one is refused; "either": its
    # magnitude counts where the event gives the sign.
    quantity_sign: Literal["positive", "either"] = "positive"
    # UNKNOWN: the value of `receipt_type` that marks a customer's return.
    return_receipts: tuple[str, ...] = ("return",)
    # Receipt types that are plain goods-in; any other type waits for a person.
    standard_receipts: tuple[str, ...] = ("standard", "receipt")
    # UNKNOWN: whether codes that differ only in case are one product. "two": they are not.
    sku_case: Literal["two", "one"] = "two"


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
