"""The demo's own world: a folder, settings and a secret of its own; nothing of yours is touched."""

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

import orjson
from pydantic import SecretStr

from streams.address import split_bind
from streams.broker.ports import LOOPBACK
from streams.home import folder_in_home, one_at_a_time
from streams.kafka import password
from streams.roles import free_ports
from streams.settings import Settings
from streams.settings_sources import CONFIG_VARIABLE, KAFKA, SERVERS, secret_variables

SECRET_BYTES = 32
# Names of variables, no secrets.
SECRET_VARIABLE = "STOCK_DOOR_SECRET_FILE"  # noqa: S105
PASSWORD_VARIABLE = "STOCK_KAFKA_CLIENT__SASL_PASSWORD"  # noqa: S105
PASSWORD_FILE_VARIABLE = f"{PASSWORD_VARIABLE}_FILE"


@dataclass(frozen=True, slots=True)
class World:
    """Where the demo keeps what it makes; all of it may be deleted when no demo runs."""

    folder: Path

    @property
    def config(self) -> Path:
        """Return its `stock.toml`, which every command takes by STOCK_CONFIG."""
        return self.folder / "stock.toml"

    @property
    def secret_file(self) -> Path:
        """Return the file of the door's secret, for this user's eyes."""
        return self.folder / "door-secret"

    @property
    def opening_file(self) -> Path:
        """Return the position that `stock opening load` reads."""
        return self.folder / "opening.csv"


@contextmanager
def only_demo(yours: Settings) -> Iterator[World]:
    """Give the demo's world to one demo at a time; raise `RefusesToRun` where another plays."""
    folder = folder_in_home(yours, "demo")
    with one_at_a_time(folder / "lock", "demo"):
        yield World(folder)


def enter(world: World, yours: Settings, kafka_port: int, customer_toml: str) -> Settings:
    """Write the demo's settings, make them this process's and its children's, and return them.

    Of yours stay: where Kafka is, the jars, and the number of partitions. The file holds no secret:
    the password of your Kafka stays in the environment.
    """
    _write_secret(world.secret_file)
    world.config.write_text(_render(world, yours, kafka_port) + "\n" + customer_toml)
    for name in _variables():
        del os.environ[name]
    if (secret := _password(yours)) is not None:
        os.environ[PASSWORD_VARIABLE] = secret
    os.environ[CONFIG_VARIABLE] = str(world.config)
    os.environ[SECRET_VARIABLE] = str(world.secret_file)
    return Settings()


def lines_to_enter(world: World, yours: Settings) -> list[str]:
    """Return what makes commands speak of the demo, where the variables are those before `enter`.

    Secrets among them stay: the file holds none, and nobody gladly types them again.
    """
    secret = {name + ending for name in secret_variables() for ending in ("", "_FILE")}
    has_password = not os.environ.keys().isdisjoint({PASSWORD_VARIABLE, PASSWORD_FILE_VARIABLE})
    overruling = [name for name in _variables() if name not in secret | {CONFIG_VARIABLE}]
    lines = [f"unset {' '.join(overruling)}"] if overruling else []
    lines.append(f"export {CONFIG_VARIABLE}={quote(str(world.config))}")
    if _password(yours) is not None and not has_password:
        lines.append(f"export {PASSWORD_FILE_VARIABLE}=...    # a file with your Kafka's password")
    return lines


def _variables() -> list[str]:
    """Return the names of variables that set something of this program."""
    return sorted(name for name in os.environ if name.startswith("STOCK_"))


def _render(world: World, yours: Settings, kafka_port: int) -> str:
    """Return the demo's settings as TOML; what is no table comes first."""
    values = {
        "home": str(world.folder),
        "cache": str(yours.cache.expanduser().resolve()),
        "kafka_port": kafka_port,
        "door_bind": _next_free(yours.door_bind),
        "web_bind": _next_free(yours.web_bind),
        "partitions": yours.partitions,
    }
    head = "# Written by `stock demo`, anew each time it runs.\n"
    return head + _toml(values) + _kafka_table(yours)


def _kafka_table(yours: Settings) -> str:
    """Return the table of your Kafka without its secrets, if you named one."""
    if yours.kafka is None:
        return ""
    client = yours.kafka_client.model_dump(exclude_none=True)
    told = {name: value for name, value in client.items() if not isinstance(value, SecretStr)}
    return f"\n[{KAFKA}]\n" + _toml({SERVERS: yours.kafka, **told})


def _toml(values: Mapping[str, Any]) -> str:
    # JSON's texts and numbers are TOML's too.
    lines = (
        f"{name} = {orjson.dumps(value, default=_whole_path).decode()}\n"
        for name, value in values.items()
    )
    return "".join(lines)


def _whole_path(path: Path) -> str:
    """Return it for whatever folder a command runs in."""
    return str(path.resolve())


def _next_free(bind: str) -> str:
    """Return the next free port from yours on; the demo is for this machine alone."""
    _, port = split_bind(bind)
    (free,) = free_ports(f"{LOOPBACK}:{port}")
    return f"{LOOPBACK}:{free}"


def _write_secret(file: Path) -> None:
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(secrets.token_urlsafe(SECRET_BYTES))


def _password(yours: Settings) -> str | None:
    """Return the password of your Kafka, if you named one with a login."""
    return None if yours.kafka is None else password(yours.kafka_client)
