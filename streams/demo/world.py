"""The demo's own world: a folder, settings and a secret of its own; nothing of yours is touched."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from streams.address import split_bind
from streams.broker.ports import LOOPBACK
from streams.home import folder_in_home, one_at_a_time
from streams.roles import free_ports
from streams.settings import Settings
from streams.settings_sources import CONFIG_VARIABLE

SECRET_BYTES = 32
SECRET_VARIABLE = "STOCK_DOOR_SECRET_FILE"  # noqa: S105 (the name of a variable)


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

    Of yours stay: where Kafka is, the jars, and the number of partitions.
    """
    _write_secret(world.secret_file)
    world.config.write_text(_render(world, yours, kafka_port) + "\n" + customer_toml)
    kept = _kafka_variables(yours)
    for name in variables_of_yours():
        del os.environ[name]
    os.environ.update(kept)
    os.environ[CONFIG_VARIABLE] = str(world.config)
    os.environ[SECRET_VARIABLE] = str(world.secret_file)
    return Settings()


def variables_of_yours() -> list[str]:
    """Return the names of variables that set something of this program."""
    return sorted(name for name in os.environ if name.startswith("STOCK_"))


def _render(world: World, yours: Settings, kafka_port: int) -> str:
    values = {
        "home": str(world.folder),
        "cache": str(yours.cache.expanduser().resolve()),
        "kafka_port": kafka_port,
        "door_bind": _next_free(yours.door_bind),
        "web_bind": _next_free(yours.web_bind),
        "partitions": yours.partitions,
    }
    # JSON's texts and numbers are TOML's too.
    lines = (f"{name} = {orjson.dumps(value).decode()}\n" for name, value in values.items())
    return "# Written by `stock demo`, anew each time it runs.\n" + "".join(lines)


def _next_free(bind: str) -> str:
    """Return the next free port from yours on; the demo is for this machine alone."""
    _, port = split_bind(bind)
    (free,) = free_ports(f"{LOOPBACK}:{port}")
    return f"{LOOPBACK}:{free}"


def _write_secret(file: Path) -> None:
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(secrets.token_urlsafe(SECRET_BYTES))


def _kafka_variables(yours: Settings) -> dict[str, str]:
    """Return what names your Kafka, if you named one."""
    if yours.kafka is None:
        return {}
    client = yours.kafka_client
    variables = {
        f"STOCK_KAFKA_CLIENT__{name.upper()}": str(value)
        for name, value in client.model_dump().items()
        if value is not None
    }
    if client.sasl_password is not None:
        password = client.sasl_password.get_secret_value()
        variables["STOCK_KAFKA_CLIENT__SASL_PASSWORD"] = password
    return variables | {"STOCK_KAFKA": yours.kafka}
